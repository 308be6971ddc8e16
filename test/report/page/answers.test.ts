import { describe, expect, test } from '@jest/globals';
import type { PackData } from '../../../lib/report/pack-data.ts';
import { answer, listUnseen } from '../../../lib/report/page/answers.ts';
import { EXAMPLE, IN_ORDER, NOTHING_KNOWN } from './example-data.ts';

const tones = (data: PackData) => answer(data).map(({ section, tone }) => `${section}: ${tone}`);
const find = (data: PackData, section: string) => answer(data).find((one) => one.section === section);
const unseen = (data: PackData) => listUnseen(data).map(({ what }) => what);

describe('the four answers', () => {
  test('are good only when everything was looked at and is in order', () => {
    expect(tones(IN_ORDER)).toEqual(['integrity: good', 'completeness: good', 'findings: good', 'unseen: good']);
    expect(unseen(IN_ORDER)).toEqual([]);
  });

  test('are never good about a window of which nothing is known', () => {
    expect(tones(NOTHING_KNOWN)).toEqual([
      'integrity: unknown',
      'completeness: none',
      'findings: unknown',
      'unseen: unknown',
    ]);
  });

  test('say how much does not verify, with what is not listed too', () => {
    const problem = { subject: 'waivers', seq: 4, what: 'It was altered.' };
    const integrity = { ...IN_ORDER.integrity, state: 'not-whole', problems: [problem], problemsLeft: 8 } as const;
    const data = { ...IN_ORDER, integrity };
    expect(find(data, 'integrity')).toMatchObject({ tone: 'bad', verdict: 'No: it does not verify in 9 places' });
    // Who can alter a record can take a finding out of it.
    expect(find(data, 'findings')).toMatchObject({ tone: 'unknown', verdict: 'None on record' });
  });

  test('do not take a ledger for whole that nothing signed, or of which not all was checked', () => {
    const { lastCheckpoint: _, ...unsigned } = IN_ORDER.integrity;
    expect(find({ ...IN_ORDER, integrity: unsigned }, 'integrity')?.tone).toBe('unknown');
    const unchecked = { ...IN_ORDER.integrity, state: 'not-checked' } as const;
    expect(find({ ...IN_ORDER, integrity: unchecked }, 'integrity')?.tone).toBe('unknown');
  });

  test('tell a record that is missing from a part that was not compared', () => {
    const { coverage } = EXAMPLE;
    expect(find(EXAMPLE, 'completeness')?.tone).toBe('unknown');
    const missing = { ...coverage, counts: { ...coverage.counts, failed: 1 } };
    expect(find({ ...EXAMPLE, coverage: missing }, 'completeness')).toMatchObject({
      tone: 'bad',
      verdict: 'No: 1 record missing',
    });
    // A later comparison of the same part got what an earlier one did not.
    expect(find({ ...EXAMPLE, coverage: { ...missing, complete: true } }, 'completeness')?.tone).toBe('good');
  });

  test('do not take no finding for none when no control ran, or records may be missing', () => {
    const idle = IN_ORDER.steps.map((step) => ({
      ...step,
      controls: step.controls.map((control) => ({ ...control, evaluated: 0 })),
    }));
    expect(find({ ...IN_ORDER, steps: idle }, 'findings')?.because).toContain('No control ran in the window.');
    const coverage = { ...IN_ORDER.coverage, complete: false };
    expect(find({ ...IN_ORDER, coverage }, 'findings')?.tone).toBe('unknown');
  });
});

describe('what the pack does not speak for', () => {
  test('is named, each kind with its number and its section', () => {
    expect(listUnseen(EXAMPLE)).toEqual([
      { what: '7 entries after the newest checkpoint that a key proves.', section: 'integrity' },
      { what: '2 entries did not verify and are in no population but that of their kind.', section: 'populations' },
      { what: '1 part of the window without a complete comparison with CloudTrail.', section: 'completeness' },
      { what: '1 thing that a comparison did not find or could not look at.', section: 'completeness' },
      { what: '1 place without a list of the keys at both ends of the window.', section: 'inventory' },
      { what: '3 keys were listed that could not be described.', section: 'inventory' },
      {
        what: 'CloudTrail was not asked for it: Operations of other services: CloudTrail is asked for kms.amazonaws.com only.',
        section: 'completeness',
      },
      { what: 'The use of keys: No log files of CloudTrail are read for the use of keys.', section: 'key-use' },
      {
        what: expect.stringMatching(/^\d+ verdicts where a control could not tell, because a fact could not be read/),
        section: 'steps',
      },
      { what: 'Nothing ran in the window for step 4.3.1 of the procedure.', section: 'steps' },
      { what: '1 policy that judged in the window, without the file itself.', section: 'policies' },
    ]);
  });

  test('is a key that only the ledger vouches for', () => {
    const integrity = { ...IN_ORDER.integrity, keysGiven: false };
    expect(unseen({ ...IN_ORDER, integrity })).toEqual([
      'The public key came with the ledger that it is to prove. Compare it with one that you have from elsewhere.',
    ]);
  });

  test('is each hour and each file without the use of keys', () => {
    const hours = [{ account: '111122223333', region: 'eu-west-1', looked: 2200, notLooked: 8 }];
    const keyUse = IN_ORDER.keyUse.collected ? { ...IN_ORDER.keyUse, hours, unreadFiles: 1 } : IN_ORDER.keyUse;
    expect(unseen({ ...IN_ORDER, keyUse })).toEqual([
      '8 hours without the use of keys, or without all of it.',
      '1 file of CloudTrail with the use of keys could not be read.',
    ]);
  });

  test('counts an unknown verdict of a control once, however many steps it serves', () => {
    const [first, second] = IN_ORDER.steps;
    const control = first?.controls[0];
    if (first === undefined || second === undefined || control === undefined)
      throw new Error('no steps in the example');
    const unsure = { ...control, counts: { ...control.counts, unknown: 2 } };
    const steps = [first, second].map((step) => ({ ...step, controls: [unsure] }));
    expect(unseen({ ...IN_ORDER, steps })).toEqual([expect.stringMatching(/^2 verdicts where a control/)]);
  });
});
