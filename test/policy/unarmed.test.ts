import { describe, expect, test } from '@jest/globals';
import { writeUnarmedMessage } from '../../lib/alert/unarmed-message.ts';
import { controlIds } from '../../lib/controls/index.ts';
import { listUnarmed } from '../../lib/policy/unarmed.ts';
import { POLICY } from '../controls/control-case.ts';
import { ARMED } from './armed.ts';

const settingsOf = (policy: typeof POLICY) => listUnarmed(policy).flatMap(({ settings }) => settings);

/** Every list of the policy file that is empty, by its place. */
const listEmpty = (value: object, place = ''): string[] =>
  Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const here = place === '' ? name : `${place}.${name}`;
    if (Array.isArray(inner)) return inner.length === 0 ? [here] : [];
    return typeof inner === 'object' && inner !== null ? listEmpty(inner, here) : [];
  });

describe('the lists that a policy leaves empty', () => {
  test('are all of the policy file that ships, but those that only allow exceptions', () => {
    expect(settingsOf(POLICY).toSorted()).toEqual(
      listEmpty(POLICY)
        .filter((place) => !['waivers', 'grants.profiles'].includes(place))
        .toSorted(),
    );
  });

  test('are none once each names somebody', () => {
    expect(listUnarmed(ARMED)).toEqual([]);
  });

  test.each<[string, Partial<typeof POLICY>, readonly string[]]>([
    ['creators', { generation: { ...ARMED.generation, creators: [] } }, ['generation.creators']],
    ['Regions', { generation: { ...ARMED.generation, regions: [] } }, ['generation.regions']],
    ['maintainers', { auditTrail: { maintainers: [] } }, ['auditTrail.maintainers']],
    ['approvers', { deletion: { ...ARMED.deletion, approvers: [] } }, ['deletion.approvers']],
    ['administrators', { trust: { ...ARMED.trust, administrators: [] } }, ['trust.administrators']],
    ['custodians', { keyMaterial: { ...ARMED.keyMaterial, custodians: [] } }, ['keyMaterial.custodians']],
    [
      'roles for key pairs',
      { keyMaterial: { ...ARMED.keyMaterial, dataKeyPairRoles: [] } },
      ['keyMaterial.dataKeyPairRoles'],
    ],
    ['accounts, beside an organisation', { trust: { ...ARMED.trust, accounts: [] } }, []],
    ['organisations, beside an account', { trust: { ...ARMED.trust, organizations: [] } }, []],
    [
      'accounts and organisations',
      { trust: { ...ARMED.trust, accounts: [], organizations: [] } },
      ['trust.accounts', 'trust.organizations'],
    ],
  ])('without %s are just those', (_name, overrides, settings) => {
    expect(settingsOf({ ...ARMED, ...overrides })).toEqual(settings);
  });

  test('name controls that this version has', () => {
    const named = listUnarmed(POLICY).flatMap(({ controls }) => controls);
    expect(named.filter((id) => !controlIds.includes(id))).toEqual([]);
  });
});

describe('the message about empty lists', () => {
  const PLACE = { account: '111122223333', region: 'eu-west-1' };

  test('names each list, what is so meanwhile, which controls judge less, and what to do', () => {
    const unarmed = listUnarmed({ ...ARMED, deletion: { ...ARMED.deletion, approvers: [] } });
    const { subject, text, json, attributes } = writeUnarmedMessage(unarmed, 'a'.repeat(64), PLACE);
    expect(subject).toBe('[Keywarden] MEDIUM 1 list of the policy file is empty');
    expect(text).toContain(
      '  deletion.approvers\n    No deletion of a key can count as approved.\n    deletion-authorized\n',
    );
    expect(text).toContain('Fill the lists in in keywarden.policy.yml');
    expect(text).toContain('keywarden ledger show policy');
    expect(json).toMatchObject({ state: 'lists-empty', count: 1, policy: 'a'.repeat(64), unarmed });
    expect(attributes).toEqual({ severity: 'medium', control: 'policy', ...PLACE, state: 'lists-empty' });
  });

  test('stays within what an e-mail and SNS take when every list is empty', () => {
    const { subject, text } = writeUnarmedMessage(listUnarmed(POLICY), 'a'.repeat(64), PLACE);
    expect(subject).toBe(`[Keywarden] MEDIUM ${listUnarmed(POLICY).length} lists of the policy file are empty`);
    expect(subject.length).toBeLessThan(100);
    expect(text.length).toBeLessThan(8_000);
  });
});
