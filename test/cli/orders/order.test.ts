import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { FunctionUrl, SentOrder } from '../../../cli/function-url.ts';
import { type Desk, giveOrder, giveOrderAfterAsking, type Subject } from '../../../cli/order.ts';
import { codeOf, describeResult } from '../../../cli/order-text.ts';
import { digestOfPlan } from '../../../lib/compare-plans.ts';
import type { OrderResult } from '../../../lib/orders/order.ts';
import { answer, KEY, VIOLATION, WAITING } from './answers.ts';

const NAME = `rotation-enabled@${KEY}`;
const APPROVE: Subject = { action: 'approve', finding: NAME };
const PLAN = digestOfPlan({
  remedy: 'enable-key-rotation',
  requests: WAITING.plan?.requests ?? [],
  before: { enabled: false },
});

/** A desk whose function answers in this order, and a person who types this, or a pipe (undefined). */
function sit(answers: readonly OrderResult[], typed: string | undefined, format: Desk['format'] = 'text') {
  const sent: SentOrder[] = [];
  const functionUrl: FunctionUrl = {
    async send(order) {
      sent.push(order);
      const next = answers[sent.length - 1];
      if (next === undefined) throw new Error('More orders were sent than there are answers.');
      return next;
    },
  };
  const texts = { out: '', terminal: '' };
  const input = Object.assign(new PassThrough(), { isTTY: typed !== undefined });
  const output = new PassThrough();
  output.on('data', (chunk: Buffer) => {
    texts.terminal += chunk.toString('utf8');
  });
  if (typed !== undefined) input.end(typed);
  const out = {
    write: (text: string) => {
      texts.out += text;
    },
  };
  const desk: Desk = { functionUrl, out, terminal: { input, output }, format };
  return { desk, sent, texts };
}

const done = answer({
  status: 'remediated',
  dryRun: false,
  message: 'It was put right.',
  ledger: { subject: KEY, seq: 7, eventId: 'on-demand-1' },
});

describe('an order that changes something', () => {
  test.each(['y\n', 'Yes\n'])(
    'is shown as a dry run, and given when the person types %j, with the plan that was shown',
    async (typed) => {
      const { desk, sent, texts } = sit([answer(), done], typed);
      const code = await giveOrderAfterAsking(APPROVE, { reason: 'Agreed', ticket: 'SEC-7' }, desk);
      expect(sent).toEqual([
        { ...APPROVE, reason: 'Agreed', ticket: 'SEC-7', dryRun: true },
        { ...APPROVE, reason: 'Agreed', ticket: 'SEC-7', dryRun: false, plan: PLAN },
      ]);
      expect(texts.terminal).toContain(`does: aws kms enable-key-rotation --key-id ${KEY} --region eu-west-1`);
      expect(texts.terminal).toContain(`undo: aws kms disable-key-rotation --key-id ${KEY} --region eu-west-1`);
      expect(texts.terminal).toContain(`plan: ${PLAN}`);
      expect(texts.terminal).toContain(
        'You would approve the plan above, and Keywarden would carry it out. Do it? [y/N]',
      );
      expect(texts.out).toContain(`It was put right.\nOn record: entry #7 of ${KEY}, event on-demand-1.\n`);
      expect(code).toBe(0);
    },
  );

  test.each(['n\n', '\n', 'yesterday\n', ''])('is not given when the person types %j', async (typed) => {
    const { desk, sent, texts } = sit([answer()], typed);
    expect(await giveOrderAfterAsking(APPROVE, { reason: 'Agreed' }, desk)).toBe(1);
    expect(sent.map(({ dryRun }) => dryRun)).toEqual([true]);
    expect(texts.terminal).toMatch(/Nothing was done\.\n$/);
    expect(texts.out).toBe('');
  });

  test('is refused before anything is sent when nobody can be asked', async () => {
    const { desk, sent } = sit([], undefined);
    await expect(giveOrderAfterAsking(APPROVE, { reason: 'Agreed' }, desk)).rejects.toThrow('Say --yes');
    expect(sent).toEqual([]);
  });

  test('is given without a question with --yes, still with the plan that it was looked up with', async () => {
    const { desk, sent, texts } = sit([answer(), done], undefined, 'json');
    expect(await giveOrderAfterAsking(APPROVE, { reason: 'Agreed', yes: true }, desk)).toBe(0);
    expect(sent.map(({ plan }) => plan)).toEqual([undefined, PLAN]);
    expect(JSON.parse(texts.out)).toEqual(done);
    expect(texts.terminal).toBe('');
  });

  test('is only shown with --dry-run, without a terminal too', async () => {
    const { desk, sent, texts } = sit([answer()], undefined);
    expect(await giveOrderAfterAsking(APPROVE, { reason: 'Agreed', dryRun: true }, desk)).toBe(0);
    expect(sent).toHaveLength(1);
    expect(texts.out).toContain(`plan: ${PLAN}`);
  });

  test('keeps the plan that the person named', async () => {
    const { desk, sent } = sit([answer(), done], undefined);
    await giveOrderAfterAsking({ ...APPROVE, plan: '0123456789ab' }, { reason: 'Agreed', yes: true }, desk);
    expect(sent.map(({ plan }) => plan)).toEqual(['0123456789ab', '0123456789ab']);
  });

  test('goes no further when the dry run is refused, and shows the difference', async () => {
    const refused = {
      status: 'refused',
      why: 'conflict',
      message: 'It has changed.',
      difference: 'enabled was false and is true.',
      plan: PLAN,
    } as const;
    const { desk, sent, texts } = sit([refused], 'y\n');
    expect(await giveOrderAfterAsking(APPROVE, { reason: 'Agreed' }, desk)).toBe(1);
    expect(sent).toHaveLength(1);
    expect(texts.out).toBe(
      `REFUSED: It has changed.\nWhat is different: enabled was false and is true.\nThe plan of now: ${PLAN}\n`,
    );
  });

  test('of a whole lot, or of another kind, bears no plan', async () => {
    for (const subject of [
      { action: 'approve', baseline: 'sweep-1' },
      { action: 'undo', finding: NAME },
    ] as const) {
      const { desk, sent } = sit([answer(), done], undefined);
      await giveOrderAfterAsking(subject, { reason: 'Agreed', yes: true }, desk);
      expect(sent[1]).toEqual({ ...subject, reason: 'Agreed', dryRun: false });
    }
  });
});

describe('a verification', () => {
  test('is given at once, and shown with what was found', async () => {
    const { desk, sent, texts } = sit([answer({ dryRun: false })], undefined);
    expect(await giveOrder({ action: 'verify', key: KEY }, { reason: 'Review' }, desk)).toBe(1);
    expect(sent).toEqual([{ action: 'verify', key: KEY, reason: 'Review', dryRun: false }]);
    expect(texts.out).toContain('  WRONG    rotation-enabled: Automatic rotation is off.\n');
  });
});

describe('the exit code', () => {
  const compliant = { ...VIOLATION, verdict: 'compliant' };
  test.each<[string, OrderResult, number]>([
    ['everything is in order', answer({ verdicts: [compliant] }), 0],
    ['something is wrong', answer(), 1],
    ['something is not known', answer({ verdicts: [compliant, { ...VIOLATION, verdict: 'unknown' }] }), 1],
    [
      'somebody answers for it',
      answer({ decisions: [{ control: 'rotation-enabled', decision: 'waived', reason: '' }] }),
      0,
    ],
    [
      'somebody answers for something else',
      answer({ decisions: [{ control: 'rotation-enabled', item: 'g', decision: 'waived', reason: '' }] }),
      1,
    ],
    ['it was put right', done, 0],
    ['it was not put right', answer({ status: 'not-remediated' }), 1],
    ['somebody else must approve it', answer({ status: 'proposed' }), 1],
    ['it was taken back', answer({ status: 'undone' }), 0],
    ['it was not taken back', answer({ status: 'not-undone' }), 1],
    ['it is carried out later', answer({ status: 'accepted' }), 0],
    ['it was refused', { status: 'refused', why: 'caller', message: '' }, 1],
  ])('says that %s', (_what, result, code) => {
    expect(codeOf(result)).toBe(code);
  });
});

describe('what a person reads', () => {
  test('has nothing in it that could drive the terminal, whoever wrote it into a tag', () => {
    const evil = 'a\u001b[31m\nOn record: entry #1';
    const text = describeResult(
      answer({
        message: evil,
        key: evil,
        verdicts: [{ ...VIOLATION, reason: evil, item: evil }],
        decisions: [{ ...WAITING, reason: evil, item: evil, proposal: evil }],
        remediations: [
          {
            remedy: 'enable-key-rotation',
            controls: [],
            status: 'confirmed',
            requestIds: [evil],
            before: {},
            undo: [],
            reason: evil,
          },
        ],
      }),
    );
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/^On record/m);
  });
});
