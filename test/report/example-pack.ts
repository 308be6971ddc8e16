import { readFileSync } from 'node:fs';
import { controlIds } from '../../lib/controls/index.ts';
import type { LedgerSource } from '../../lib/ledger/source.ts';
import { parsePolicy } from '../../lib/policy/load-policy.ts';
import { buildPack, type PackSources } from '../../lib/report/build-pack.ts';
import type { PackData } from '../../lib/report/pack-data.ts';
import { createMemoryFiles } from './memory-files.ts';
import { LISTS, tellMonth, WINDOW } from './story.ts';

export const POLICY_TEXT = readFileSync(new URL('../../keywarden.policy.yml', import.meta.url), 'utf8');
export const POLICY = parsePolicy(POLICY_TEXT, 'keywarden.policy.yml', controlIds);

/** What a pack of a ledger in memory is made from; a test says only what is different about its own. */
export const sourcesWith = (source: LedgerSource, overrides: Partial<PackSources> = {}): PackSources => ({
  source,
  window: WINDOW,
  generator: {
    name: 'keywarden',
    version: '0.1.0',
    commit: '0123456789abcdef0123456789abcdef01234567',
    by: 'arn:aws:iam::111122223333:role/Auditor',
    at: '2026-08-02T08:00:00.000Z',
    source: 'table ledger of account 111122223333, eu-west-1',
    query: 'every entry of the ledger; actions by when they happened, everything else by when it was recorded',
  },
  policy: {
    ...POLICY,
    waivers: [
      {
        ...{
          control: 'grant-least-privilege',
          tag: { key: 'team', value: '<b>payments</b>' },
          owner: 'olivia@example.com',
        },
        ...{ ticket: 'SEC-42', expires: '2026-12-31' },
      },
    ],
  },
  policyText: POLICY_TEXT,
  keyLists: {
    async *read({ object }) {
      for (const id of LISTS[object] ?? []) {
        yield {
          id,
          state: 'Enabled',
          spec: 'SYMMETRIC_DEFAULT',
          aliases: '=alias/1',
          createdAt: '2026-01-02T03:04:05Z',
        };
      }
    },
  },
  keyUse: { problem: 'no table of key use was given.' },
  files: createMemoryFiles(),
  ...overrides,
});

/**
 * A pack of a month with everything in it, made by the real builder from entries; its names are as an attacker would choose
 * them.
 */
export const makeExamplePack = (overrides: Partial<PackSources> = {}): Promise<PackData> =>
  buildPack(sourcesWith(tellMonth().source(), overrides));
