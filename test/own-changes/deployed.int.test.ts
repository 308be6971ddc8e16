import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
} from '@aws-sdk/client-kms';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionEntry, Entry } from '../../lib/ledger/entry.ts';
import { type LedgerTable, readEntries, readOpenFindings } from '../../lib/ledger/read.ts';
import { logIn, type Person } from '../../local/demo/people.ts';
import { type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { localClientConfig } from '../../local/local-client.ts';
import { LOCAL_ACCOUNT } from '../../local/moto.ts';

const REGION = 'eu-west-1';

let aws: LocalAws;
let dana: Person;
let mallory: Person;
let source: LedgerTable;
beforeAll(async () => {
  aws = await startLocalAws({ region: REGION });
  const place = { url: aws.url, region: REGION, account: LOCAL_ACCOUNT };
  dana = await logIn('dana@example.com', 'KeyAdmin', place);
  // The role that the deployed function runs with; whoever opens the session chooses its name.
  mallory = await logIn('keywarden-dev-lifecycle', 'keywarden-dev-lifecycle', place);
  source = {
    client: DynamoDBDocumentClient.from(new DynamoDBClient(localClientConfig({ endpoint: aws.url, region: REGION }))),
    table: aws.table,
  };
});
afterAll(() => aws?.stop());

async function readActions(subject: string): Promise<readonly ActionEntry[]> {
  const actions: ActionEntry[] = [];
  for await (const stored of readEntries(source, subject)) {
    const entry = JSON.parse(String(stored.entry)) as Entry;
    if (entry.type === 'action') actions.push(entry);
  }
  return actions;
}

async function createKey(): Promise<string> {
  const { KeyMetadata } = await dana.kms.send(
    new CreateKeyCommand({ Tags: [{ TagKey: 'owner', TagValue: 'orders' }] }),
  );
  const key = KeyMetadata?.Arn ?? '';
  await dana.kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 365 }));
  await aws.idle();
  return key;
}

const findingsOf = async (subject: string) => {
  const ids: string[] = [];
  for await (const finding of readOpenFindings(source)) {
    if (finding.subject === subject && finding.control.startsWith('own-change-')) ids.push(finding.control);
  }
  return ids;
};

describe('with everything deployed', () => {
  test('the record of a remediation comes back and confirms it, and nobody is accused', async () => {
    const key = await createKey();
    await dana.kms.send(new DisableKeyRotationCommand({ KeyId: key }));
    await aws.idle();
    const actions = await readActions(key);
    const decided = actions.find(({ action }) => action.api === 'DisableKeyRotation');
    const ours = actions.filter(({ action }) => action.actor.bySelf);
    expect(ours.length).toBeGreaterThan(0);
    for (const { confirms } of ours) expect(confirms).toMatchObject({ remedy: expect.any(String) });
    expect(ours.map(({ confirms }) => confirms?.seq)).toContain(decided?.seq);
    expect(await findingsOf(key)).toEqual([]);
  });

  test("whoever takes Keywarden's role and changes a key with it is found", async () => {
    const key = await createKey();
    await mallory.kms.send(new DisableKeyCommand({ KeyId: key }));
    await aws.idle();
    const stolen = (await readActions(key)).find(({ action }) => action.api === 'DisableKey');
    expect(stolen).toMatchObject({ action: { actor: { bySelf: true } } });
    expect(stolen?.confirms).toBeUndefined();
    expect(await findingsOf(key)).toEqual(['own-change-accounted']);
  });
});
