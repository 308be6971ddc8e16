import { GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry, OutcomeEntry } from '../../lib/ledger/entry.ts';
import { verifyLedger } from '../../lib/ledger/verify.ts';
import { handleAction } from '../../lib/pipeline.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import type { AwsRequest } from '../../lib/remediations/remedy.ts';
import { ACCOUNT, type Bed, openBed } from './bed.ts';
import { personOf, readAction, writeEvent } from './events.ts';

const PUBLIC = 'key-policy-not-public';
const LEAST = 'key-policy-least-privilege';
const APP = `arn:aws:iam::${ACCOUNT}:role/app`;
const STRANGER = 'arn:aws:iam::999988887777:role/reader';

/** Written by hand, as people do: no two lines have the same blanks. */
const writePolicy = (...statements: readonly string[]) => `{
  "Version" : "2012-10-17",
    "Statement": [
\t${statements.join(',\n\t')},
   { "Sid": "Enable IAM policies", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${ACCOUNT}:root"},
     "Action": "kms:*", "Resource": "*" } ]
}`;
const OPEN = '{ "Sid": "Für alle", "Effect": "Allow", "Principal": "*", "Action": [ "kms:Decrypt" ], "Resource": "*" }';
const useBy = (names: string) =>
  `{"Sid":"Use","Effect":"Allow","Principal":{"AWS": ${names}},"Action":"kms:Decrypt","Resource":"*"}`;
const USED = useBy(`"${APP}"`);

/** An organisation that names whom it trusts, and lets Keywarden put both rules right. */
const FILLED: Partial<Policy> = {
  trust: { accounts: ['444455556666'], organizations: [], administrators: [`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`] },
  safeguards: {
    sameRemedy: { changes: 3, hours: 24 },
    changesPerHour: 1000,
    waiverWarningDays: 14,
    confirmWithinHours: 6,
  },
  controls: { [LEAST]: { mode: 'enforce' } },
};

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

async function createKey(policy: string): Promise<string> {
  const key = await bed.createKey({ Policy: policy });
  await bed.readInbox();
  return key;
}
const readPolicy = async (key: string): Promise<string> =>
  (await bed.kms.send(new GetKeyPolicyCommand({ KeyId: key, PolicyName: 'default' }))).Policy ?? '';
const putPolicy = (key: string, policy: string) =>
  bed.kms.send(new PutKeyPolicyCommand({ KeyId: key, PolicyName: 'default', Policy: policy }));

const writePut = (key: string, overrides: Readonly<Record<string, unknown>> = {}) =>
  writeEvent('PutKeyPolicy', key, { requestParameters: { keyId: key, policyName: 'default' }, ...overrides });

async function handle(body: string, policy: Partial<Policy> = FILLED, last = false) {
  const { pipeline, calls } = bed.start(undefined, policy);
  return { ...(await handleAction(pipeline, readAction(body), bed.deliver(last))), calls };
}

const stateOf = async (key: string, control: string) => {
  const { findings } = await bed.start().pipeline.ledger.look('none', key, [control]);
  return findings.get(control)?.status;
};

describe('a key that was opened to everybody', () => {
  test('is closed, every other byte as it was, told with the undo, which puts back every byte', async () => {
    const text = writePolicy(OPEN, USED);
    const key = await createKey(text);
    const { calls, remediations } = await handle(writePut(key), {});
    expect(await readPolicy(key)).toBe(writePolicy(USED));
    expect(remediations).toMatchObject([{ remedy: 'narrow-key-policy', status: 'confirmed', controls: [PUBLIC] }]);
    expect(calls.filter((call) => call === 'GetKeyPolicy')).toHaveLength(3);

    const [action, outcome] = (await bed.readChain(key)) as [ActionEntry, OutcomeEntry];
    expect(action.decisions).toMatchObject([{ control: PUBLIC, decision: 'act', remedy: 'narrow-key-policy' }]);
    expect(action.verdicts.map(({ control, verdict }) => [control, verdict])).toEqual([
      [PUBLIC, 'violation'],
      [LEAST, 'not-applicable'],
      ['key-material-not-exportable', 'compliant'],
      ['key-administrator-authorized', 'not-applicable'],
    ]);
    const [message, ...others] = await bed.readInbox();
    expect(others).toEqual([]);
    expect(message?.attributes).toMatchObject({ severity: 'critical', control: PUBLIC, state: 'remediated' });
    expect(message?.json).toMatchObject({
      finding: { reason: expect.stringContaining('statement 1 ("Für alle") opens the key to everybody') },
      remediation: { undo: [{ operation: 'PutKeyPolicy', parameters: { Policy: text } }] },
    });

    for (const request of outcome.remediations[0]?.undo ?? []) await bed.start().pipeline.call(request as AwsRequest);
    expect(await readPolicy(key)).toBe(text);
  });

  test('is told and not changed when the change is our own, or waits for approval', async () => {
    const text = writePolicy(OPEN);
    const key = await createKey(text);
    const own = personOf('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle');
    await handle(writePut(key, { userIdentity: own }));
    const asked = await handle(writePut(key), { ...FILLED, controls: { [PUBLIC]: { mode: 'approve' } } });
    expect(asked.told).toMatchObject([{ control: PUBLIC, state: 'needs-approval' }]);
    expect(await readPolicy(key)).toBe(text);
  });

  test('and to a stranger beside it is put right in one write when both rules are enforced', async () => {
    const key = await createKey(writePolicy(OPEN, useBy(`["${APP}", "${STRANGER}"]`)));
    const { calls, remediations } = await handle(writePut(key));
    expect(calls.filter((call) => call === 'PutKeyPolicy')).toHaveLength(1);
    expect(remediations).toMatchObject([{ status: 'confirmed', controls: [PUBLIC, LEAST] }]);
    expect(await readPolicy(key)).toBe(writePolicy(useBy(`["${APP}"]`)));
  });
});

describe('a stranger in a list', () => {
  test('leaves it, and the role of the application stays', async () => {
    const key = await createKey(writePolicy(useBy(`[ "${APP}",  "${STRANGER}" ]`)));
    const { remediations } = await handle(writePut(key));
    expect(remediations).toMatchObject([{ status: 'confirmed', controls: [LEAST] }]);
    expect(await readPolicy(key)).toBe(writePolicy(useBy(`[ "${APP}" ]`)));
    expect(await stateOf(key, LEAST)).toBe('resolved');
  });

  test('stays while no account is trusted by name, and the officer is told', async () => {
    const text = writePolicy(useBy(`["${APP}", "${STRANGER}"]`));
    const key = await createKey(text);
    const { entry, told } = await handle(writePut(key), { controls: { [LEAST]: { mode: 'enforce' } } });
    expect(entry?.verdicts[1]).toMatchObject({ control: LEAST, verdict: 'unknown' });
    expect(told).toMatchObject([{ control: LEAST, state: 'opened' }]);
    expect(await readPolicy(key)).toBe(text);
  });

  test('leaves it beside a service that a person must bind, and the finding stays open for that', async () => {
    const service =
      '{"Sid":"Topic","Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*"}';
    const key = await createKey(writePolicy(service, useBy(`["${APP}", "${STRANGER}"]`)));
    const { told } = await handle(writePut(key));
    expect(await readPolicy(key)).toBe(writePolicy(service, useBy(`["${APP}"]`)));
    expect(told).toMatchObject([{ control: LEAST, state: 'not-remediated' }]);
    expect(await stateOf(key, LEAST)).toBe('open');
  });
});

describe('whatever goes wrong', () => {
  test('a policy that somebody changed between the plan and the write is left alone, and told', async () => {
    const key = await createKey(writePolicy(OPEN));
    const changed = writePolicy(OPEN, USED);
    const { pipeline, calls } = bed.start(undefined, FILLED);
    const ledger = {
      ...pipeline.ledger,
      record: async (...args: Parameters<typeof pipeline.ledger.record>) => {
        const recorded = await pipeline.ledger.record(...args);
        await putPolicy(key, changed);
        return recorded;
      },
    };
    const { told } = await handleAction({ ...pipeline, ledger }, readAction(writePut(key)), bed.deliver());
    expect(calls).not.toContain('PutKeyPolicy');
    expect(await readPolicy(key)).toBe(changed);
    expect(told).toMatchObject([{ control: PUBLIC, state: 'not-remediated' }]);
    expect(await stateOf(key, PUBLIC)).toBe('open');
  });

  test('a write that KMS refuses is told with its words, and the finding stays open', async () => {
    const key = await createKey(writePolicy(OPEN));
    bed.gateway.denials.add({ action: 'kms:PutKeyPolicy' });
    const { remediations, told } = await handle(writePut(key)).finally(() => bed.gateway.denials.clear());
    expect(remediations).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('is not authorized to perform: kms:PutKeyPolicy') },
    ]);
    expect(told).toMatchObject([{ state: 'not-remediated' }]);
    expect(await stateOf(key, PUBLIC)).toBe('open');
  });

  const CALLS = 12;
  test.each(
    (['crash', 'lose-response'] as const).flatMap((fault) =>
      Array.from({ length: CALLS }, (_unused, index) => [fault, index + 1] as const),
    ),
  )('a %s after call %i loses nothing and writes once', async (fault, number) => {
    const key = await createKey(writePolicy(OPEN, USED));
    const body = writePut(key);
    const first = bed.start((call) => (call.number === number ? fault : undefined), FILLED);
    await Promise.race([
      handleAction(first.pipeline, readAction(body), bed.deliver()).then(
        () => 'done',
        () => 'threw',
      ),
      first.died,
    ]);
    expect(first.calls.length).toBeGreaterThanOrEqual(number);
    const second = await handle(body);
    expect(await readPolicy(key)).toBe(writePolicy(USED));
    expect([...first.calls, ...second.calls].filter((call) => call === 'PutKeyPolicy')).toHaveLength(1);
    expect((await bed.readChain(key)).map(({ type }) => type)).toEqual(['action', 'outcome']);
    expect(await stateOf(key, PUBLIC)).toBe('resolved');
    expect((await bed.readInbox()).length).toBeGreaterThanOrEqual(1);
  });

  test('after all of this the ledger is whole', async () => {
    const { problems } = await verifyLedger({ client: bed.dynamo, table: bed.table });
    expect(problems).toEqual([]);
  });
});
