import { describe, expect, test } from '@jest/globals';
import { readShippedStack } from '../controls/stack.ts';

const statementsOf = (role: string, effect: string) =>
  (readShippedStack().roles[role] ?? []).filter(
    ({ Effect, Action }) => Effect === effect && Action.includes('kms:ScheduleKeyDeletion'),
  );

describe.each(['LifecycleRole', 'RemediateRole', 'ReconcileRole'])('%s', (role) => {
  test('may schedule the deletion of keys of its own account and Region only', () => {
    expect(statementsOf(role, 'Allow').map(({ Resource }) => Resource)).toEqual([
      [expect.stringMatching(/:kms:\$\{AWS::Region\}:\$\{AWS::AccountId\}:key\/\*$/)],
    ]);
  });

  test('can never schedule it sooner than the policy says, nor that of the keys it is made of', () => {
    const denials = statementsOf(role, 'Deny');
    expect(denials).toHaveLength(2);
    expect(denials).toContainEqual(
      expect.objectContaining({
        Condition: {
          NumericLessThan: {
            'kms:ScheduleKeyDeletionPendingWindowInDays': expect.stringContaining(
              'file(keywarden.policy.yml):deletion.minimumWaitingDays',
            ),
          },
        },
      }),
    );
    expect(denials).toContainEqual(
      expect.objectContaining({ Resource: ['LedgerKey.Arn', 'SigningKey.Arn', 'OfficerTopicKey.Arn'] }),
    );
  });
});
