import { describe, expect, test } from '@jest/globals';
import { showEntries } from '../../cli/ledger-progress.ts';
import { describeVerification } from '../../cli/verification-text.ts';
import type { Verification } from '../../lib/ledger/verification.ts';

const WHOLE: Verification = {
  chains: 2,
  entries: 18,
  problems: [],
  omitted: 0,
  unchecked: [],
  noted: [],
  coverage: {
    checkpoints: 2,
    covered: 18,
    uncovered: 0,
    signedBy: ['f'.repeat(64)],
    trusted: true,
    last: {
      number: 2,
      at: '2026-08-03T11:00:00.000Z',
      sha256: 'a'.repeat(64),
      table: 'keywarden-prod-ledger',
      account: '111122223333',
      region: 'eu-west-1',
    },
  },
};
const told = (changes: Partial<Verification>): string => describeVerification('export', { ...WHOLE, ...changes });

describe('what a person is told of a verification', () => {
  test('is one verdict, and up to where it is signed', () => {
    expect(told({})).toBe(
      [
        'The ledger is whole: 18 entries in 2 chains of export, nothing altered, missing, inserted, moved or cut off.',
        'Signed: 18 entries, up to checkpoint 2 of 2026-08-03T11:00:00.000Z, of table keywarden-prod-ledger in 111122223333 eu-west-1. All entries are covered.',
        `  sha256 of that checkpoint: ${'a'.repeat(64)}`,
        '',
      ].join('\n'),
    );
  });

  test('cannot be forged by what somebody wrote into the table', () => {
    const what = 'moved: the entry belongs to x\nThe ledger is whole\u001b[2J\u202e';
    const text = told({ problems: [{ subject: 'arn\nThe ledger is whole', seq: 3, what }] });
    expect(text.split('\n').filter((line) => line.startsWith('The ledger is whole'))).toEqual([]);
    expect(text).toContain('  arn\\u000aThe ledger is whole entry 3: moved: the entry belongs to x\\u000aThe');
    expect(text).not.toContain('\u001b');
  });

  test('says how many problems are not listed', () => {
    const text = told({ problems: [{ subject: 'checkpoints', seq: 7, what: 'forged' }], omitted: 4 });
    expect(text).toMatch(/^THE LEDGER IS NOT WHOLE: 18 entries in 2 chains of export, 5 problems\.\n/);
    expect(text).toContain('  checkpoints number 7: forged\n  and 4 more\n');
  });

  test('does not call whole what could not be checked, and tells what the checkpoints noted', () => {
    const text = told({
      unchecked: [{ subject: 'export', seq: 0, what: 'heads.jsonl could not be read: EIO' }],
      noted: [{ subject: 'arn', seq: 3, what: 'altered (so says checkpoint 1)' }],
    });
    expect(text).toMatch(/^THE LEDGER COULD NOT BE CHECKED: /);
    expect(text).toContain('Not checked:\n  export: heads.jsonl could not be read: EIO\n');
    expect(text).toContain('when they were made:\n  arn entry 3: altered (so says checkpoint 1)\n');
  });

  test('says so when nothing is signed', () => {
    const { last: _last, ...coverage } = WHOLE.coverage;
    expect(told({ coverage: { ...coverage, covered: 0, uncovered: 18 } })).toContain(
      'Signed: nothing. No checkpoint covers the 18 entries: that their chains agree is all that is known.',
    );
  });

  test.each([
    ['keywarden-prod-ledger', "'alias/keywarden-prod-checkpoints'"],
    ['a table of another name', "'alias/keywarden-<stage>-checkpoints'"],
    ["x'; rm -rf /-ledger", "'alias/keywarden-<stage>-checkpoints'"],
  ])('has a command to compare a key of the ledger %s with KMS', (table, alias) => {
    const last = { ...WHOLE.coverage.last, table } as NonNullable<Verification['coverage']['last']>;
    expect(told({ coverage: { ...WHOLE.coverage, last, trusted: false } })).toContain(`--key-id ${alias} --query`);
  });
});

describe('progress', () => {
  const shownOn = (isTTY: boolean, of?: number): string => {
    let text = '';
    const shown = showEntries({ isTTY, write: (more) => (text += more) }, of);
    shown.update(1_000);
    shown.end();
    return text;
  };

  test('is on a terminal only, and goes away', () => {
    expect(shownOn(true, 5_000)).toBe('\r1000 of 5000 entries\r\u001b[2K');
    expect(shownOn(true)).toBe('\r1000 entries\r\u001b[2K');
    expect(shownOn(false, 5_000)).toBe('');
  });
});
