import { CreateGrantCommand, DisableKeyRotationCommand, EnableKeyRotationCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Entry } from '../../lib/ledger/entry.ts';
import type { Finding } from '../../lib/ledger/finding.ts';
import { readOpenFindings } from '../../lib/ledger/read.ts';
import { createTableSource } from '../../lib/ledger/table-source.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { createFindingsReplay } from '../../lib/report/replay-findings.ts';
import { ACCOUNT, type Bed, openBed } from '../pipeline/bed.ts';
import { readAction, writeEvent } from '../pipeline/events.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

const handle = (api: string, key: string, overrides: Readonly<Record<string, unknown>> = {}) =>
  handleAction(bed.start().pipeline, readAction(writeEvent(api, key, overrides)), bed.deliver());

/** The open findings as the table has them, and as the entries give them. */
async function readBoth(): Promise<readonly [table: unknown, replay: unknown]> {
  const table: Finding[] = [];
  for await (const finding of readOpenFindings({ client: bed.dynamo, table: bed.table })) table.push(finding);
  const replay = createFindingsReplay({ from: '2020-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' });
  for await (const { entry } of createTableSource({ client: bed.dynamo, table: bed.table }).entries()) {
    replay.take(JSON.parse(String(entry)) as Entry);
  }
  const sort = (findings: readonly Finding[]) =>
    findings.map((one) => JSON.stringify(Object.entries(one).sort())).sort();
  return [sort(table), sort(replay.finish().open)];
}

test('the findings that the entries give are those that the table has, after each of many turns', async () => {
  const [key, other] = [await bed.createKey(), await bed.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })];
  const turns: (() => Promise<unknown>)[] = [
    // Put right at once, so that it is closed by its outcome.
    () => handle('DisableKeyRotation', key),
    () => handle('CreateKey', other, { responseElements: { keyMetadata: { arn: other } } }),
    async () => {
      await bed.kms.send(new DisableKeyRotationCommand({ KeyId: key }));
      await bed.setKillSwitch('on');
      return handle('DisableKeyRotation', key);
    },
    async () => {
      await bed.kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: 365 }));
      return handle('EnableKeyRotation', key);
    },
    async () => {
      const GranteePrincipal = `arn:aws:iam::${ACCOUNT}:role/App`;
      const { GrantId } = await bed.kms.send(
        new CreateGrantCommand({ KeyId: key, GranteePrincipal, Operations: ['Decrypt'] }),
      );
      const request = { keyId: key, granteePrincipal: GranteePrincipal, operations: ['Decrypt'] };
      return handle('CreateGrant', key, {
        requestParameters: request,
        responseElements: { grantId: GrantId, keyId: key },
      });
    },
    () => handle('Frobnicate', other),
  ];
  const sizes: number[] = [];
  for (const turn of turns) {
    await turn();
    const [table, replay] = await readBoth();
    expect(replay).toEqual(table);
    sizes.push((table as unknown[]).length);
  }
  // Findings opened and closed in between, so that the comparison was not of nothing with nothing.
  expect(new Set(sizes).size).toBeGreaterThan(2);
});
