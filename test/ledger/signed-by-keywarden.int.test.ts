import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCheckpoint } from '../../lib/evidence/run-checkpoint.ts';
import { openExport } from '../../lib/ledger/export/folder-source.ts';
import { writeExport } from '../../lib/ledger/export/write-export.ts';
import { createTableSource } from '../../lib/ledger/table-source.ts';
import { judgeVerification } from '../../lib/ledger/verification.ts';
import { verifySource } from '../../lib/ledger/verify-source.ts';
import { type Bed, openBed } from '../evidence/bed.ts';
import { collect, ORIGIN } from './export/model.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.stop());

test('What the checkpoint function signed with KMS is verified from an export, with the public key alone', async () => {
  const world = await bed.openWorld();
  const { evidence, writer } = world.start();
  for (const subject of ['key/one', 'key/two']) await world.append(subject, 3);
  await runCheckpoint(evidence, writer);
  await world.append('key/two', 2);
  await runCheckpoint(evidence, writer);
  await world.append('key/one', 1);
  const source = createTableSource(world.table);
  const publicKeys = await collect(source.publicKeys());
  const parent = await mkdtemp(join(tmpdir(), 'keywarden-signed-'));
  await writeExport(source, join(parent, 'export'), ORIGIN);
  const verification = await verifySource(await openExport(join(parent, 'export')), { publicKeys });
  expect(judgeVerification(verification)).toBe('whole');
  expect(verification.coverage).toMatchObject({
    checkpoints: 2,
    covered: 8,
    uncovered: 1,
    trusted: true,
    last: { number: 2 },
  });
  await rm(parent, { recursive: true });
});
