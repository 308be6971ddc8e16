import { execFileSync } from 'node:child_process';
import type { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, test } from '@jest/globals';
import { toCommandLines } from '../../lib/alert/command.ts';
import { type Notice, writeMessage } from '../../lib/alert/message.ts';
import { createOfficer } from '../../lib/alert/officer.ts';
import keyPolicyLeastPrivilege from '../../lib/controls/key-policy-least-privilege.ts';
import { known } from '../../lib/facts/key-facts.ts';
import type { RecordedRemediation } from '../../lib/ledger/entry.ts';
import type { FindingState } from '../../lib/ledger/finding.ts';
import { actionOf } from '../controls/control-case.ts';
import { KEY_ARN, KEY_ID } from '../facts/key.ts';
import { HOME } from './home.ts';

const LEAST = 'key-policy-least-privilege';
const putting = (Policy: string) =>
  ({
    service: 'kms',
    operation: 'PutKeyPolicy',
    region: 'eu-west-1',
    parameters: { KeyId: KEY_ARN, PolicyName: 'default', Policy },
  }) as const;

/** What is told of a policy that was changed, or waits for it. */
function noticeOf(policy: string, state: FindingState, remediation: Partial<RecordedRemediation> = {}): Notice {
  const undo = [putting(policy)];
  const change = { undo, before: {} };
  return {
    state,
    finding: {
      subject: KEY_ARN,
      control: LEAST,
      status: 'open',
      verdict: 'violation',
      severity: 'high',
      reason: `Key ${KEY_ID}: statement 1 gives too much.`,
      decision: 'ask',
      openedAt: '2026-08-03T09:01:03.000Z',
      changedAt: '2026-08-03T09:01:03.000Z',
      eventId: 'e-1',
      seq: 7,
      remediatedAt: [],
    },
    control: keyPolicyLeastPrivilege,
    action: actionOf('PutKeyPolicy', { request: { keyId: KEY_ARN, policy } }),
    decision: {
      control: LEAST,
      decision: 'ask',
      reason: 'The mode of this control is approve.',
      remedy: 'narrow-key-policy',
      plan: {
        summary: 'Take out everybody (*) of statement 1.',
        requests: undo,
        ...change,
        leaves: { [LEAST]: 'Statement 2 stays.' },
      },
    },
    remediation:
      state === 'needs-approval'
        ? undefined
        : {
            remedy: 'narrow-key-policy',
            controls: [LEAST],
            status: 'confirmed',
            requestIds: ['r-1'],
            after: { keyPolicy: { sha256: 'f', bytes: 1 } },
            ...change,
            ...remediation,
          },
    aliases: known([]),
    home: HOME,
  };
}

const LONG = `{"Statement":[${'"\\"",'.repeat(6_400)}""]}`;

describe('a policy that is too long for a line', () => {
  const [command = '', where = '', ...others] = toCommandLines(putting(LONG), KEY_ARN, 'decisions[].plan.undo');

  test('is taken from a file, and a sentence says where the ledger has it', () => {
    expect(command).toBe(
      `aws kms put-key-policy --key-id ${KEY_ARN} --policy-name default --policy file://policy.json --region eu-west-1`,
    );
    expect(where).toBe(
      `Before that, write parameters.Policy of decisions[].plan.undo into policy.json: it is too long for a message, and the ledger has it: keywarden ledger show ${KEY_ARN} --format json`,
    );
    expect(others).toEqual([]);
  });

  test('stays in the command as one word of the shell while it is short', () => {
    const policy = `{"Id": "it's $(id)"}`;
    const [whole = ''] = toCommandLines(putting(policy), KEY_ARN, 'decisions[].plan.undo');
    const shown = execFileSync('/bin/sh', ['-c', whole.replace(/^aws/, 'printf "%s\\n"')], { encoding: 'utf8' });
    expect(shown.split('\n')).toContain(policy);
  });

  test.each(['needs-approval', 'remediated'] as const)('leaves the text of a message that is %s readable', (state) => {
    const { text } = writeMessage(noticeOf(LONG, state));
    expect(text).toContain('--policy file://policy.json');
    expect(text.length).toBeLessThan(8_000);
  });
});

describe('a change that puts right only a part', () => {
  test('is described before it is approved, with what it leaves', () => {
    const { text } = writeMessage(noticeOf('{}', 'needs-approval'));
    expect(text).toMatch(
      /Take out everybody \(\*\) of statement 1\.\n +Statement 2 stays\.\n +2\. If you want it, approve it\./,
    );
  });

  test('is told as done, with what it leaves and without the command that was run already', () => {
    const notice = noticeOf('{"a":1}', 'not-remediated', { leaves: { [LEAST]: 'Statement 2 stays.' } });
    const { text } = writeMessage(notice);
    expect(text).toMatch(/Done: Take out everybody .*\n.*\n.*\n +Statement 2 stays\.\n/);
    expect(text).not.toContain('Find out why it failed');
  });
});

describe('what SNS is given', () => {
  async function publish(policy: string): Promise<{ bytes: number; json: Record<string, unknown> }> {
    const sent: PublishCommand[] = [];
    const sns = { send: async (command: PublishCommand) => sent.push(command) } as unknown as SNSClient;
    await createOfficer(
      sns,
      'arn:aws:sns:eu-west-1:111122223333:officer',
    )(writeMessage(noticeOf(policy, 'remediated')));
    const message = sent[0]?.input.Message ?? '';
    return { bytes: Buffer.byteLength(message), json: JSON.parse(JSON.parse(message).default) };
  }

  test('has the plan and the undo of a policy of some kilobytes', async () => {
    const { json } = await publish(JSON.stringify({ Id: 'x'.repeat(8_000) }));
    expect(json).toMatchObject({ remediation: { undo: [{ operation: 'PutKeyPolicy' }] }, action: { request: {} } });
  });

  test('stays below 256 KB for the longest policy that is all quotes, and says that the ledger has the rest', async () => {
    const { bytes, json } = await publish(LONG.slice(0, 32_768));
    expect(bytes).toBeLessThan(256_000);
    expect(json).toMatchObject({
      action: { api: 'PutKeyPolicy', omitted: 'too large for a message; the ledger has it' },
      decision: { plan: { summary: 'Take out everybody (*) of statement 1.', omitted: expect.any(String) } },
      remediation: { status: 'confirmed', requestIds: ['r-1'] },
    });
  });
});
