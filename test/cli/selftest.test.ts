import { expect, test } from '@jest/globals';
import { runSelftestCommand } from '../../cli/selftest.ts';
import type { SelftestResult } from '../../lib/selftest/selftest.ts';

const FINE = { name: 'queue', ok: true, what: 'About 0 messages wait in the queue.' } as const;
const WRONG = {
  name: 'subscriptions',
  ok: false,
  what: 'Nobody is subscribed.',
  whatToDo: 'Subscribe somebody.',
} as const;
const UNKNOWN = { name: 'topic-key', ok: 'unknown', what: 'Not looked at.', whatToDo: 'Run it again.' } as const;

const answer = (overrides: object = {}): SelftestResult => ({
  status: 'waiting',
  message: 'The test message has not come back yet; it takes minutes.',
  run: 'selftest-1',
  startedAt: '2026-08-03T09:00:00.000Z',
  checks: [FINE],
  reasons: [],
  ...overrides,
});

/** A function that gives these answers one after the other, the last one for ever. */
async function run(
  answers: readonly SelftestResult[],
  options: { wait?: boolean; format?: 'text' | 'json'; isTTY?: boolean } = {},
) {
  const { wait = true, format = 'text', isTTY = false } = options;
  const asked: object[] = [];
  const written = { out: '', err: '' };
  const invoke = async (input: object) => {
    asked.push(input);
    return answers[Math.min(asked.length, answers.length) - 1] ?? answer();
  };
  const out = { write: (text: string) => (written.out += text) };
  const err = { isTTY, write: (text: string) => (written.err += text) };
  const code = await runSelftestCommand(
    { wait, by: 'olivia' },
    { invoke, out, err, pause: async () => undefined, format },
  );
  return { code, asked, ...written };
}

const PASSED = answer({ status: 'passed', message: 'The test message came back after 3 minutes.', seconds: 180 });

test('It shows the checks, waits for the message, says that it came, and ends with 0', async () => {
  const { code, out, err, asked } = await run([answer(), answer(), PASSED]);
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
"ok       queue: About 0 messages wait in the queue.
Passed. The test message came back after 3 minutes.
Run selftest-1; its record: keywarden ledger show selftests
"
`);
  expect(asked).toEqual([{ requestedBy: 'olivia' }, { run: 'selftest-1' }, { run: 'selftest-1' }]);
  expect(err).toBe('');
});

test('On a terminal it shows how long it has waited, and takes that away again', async () => {
  const { err } = await run([answer(), PASSED], { isTTY: true });
  expect(err).toBe('\rWaiting for the test message: 5 s\r\u001b[2K');
});

test.each([
  ['nothing is wrong and nobody waits', [answer()], { wait: false }, 0],
  ['a part is wrong and nobody waits', [answer({ checks: [WRONG] })], { wait: false }, 1],
  ['a part could not be looked at and nobody waits', [answer({ checks: [UNKNOWN] })], { wait: false }, 2],
  ['no message came', [answer(), answer({ status: 'failed', message: 'None came.' })], {}, 1],
  ['a message came and a part is wrong', [answer({ status: 'failed', checks: [WRONG], seconds: 9 })], {}, 1],
  ['a message came and a part is not known', [answer({ status: 'failed', checks: [UNKNOWN], seconds: 9 })], {}, 2],
  ['it never ends', [answer()], {}, 2],
] as const)('When %s, its exit code says so', async (_when, answers, options, code) => {
  expect((await run(answers, options)).code).toBe(code);
});

test('What is wrong stands with what to do, and no text from outside can drive the terminal', async () => {
  const { out } = await run([answer({ checks: [WRONG, { ...UNKNOWN, what: 'x\u001b[2J' }] })], { wait: false });
  expect(out).toContain('WRONG    subscriptions: Nobody is subscribed.\n         Subscribe somebody.');
  expect(out).toContain('unknown  topic-key: x\\u001b[2J');
});

test('As JSON it is one line, with how it ended', async () => {
  const { out } = await run([answer(), PASSED], { format: 'json' });
  expect(JSON.parse(out)).toEqual(PASSED);
  expect(out.trimEnd()).not.toContain('\n');
});

test('What the function refuses is an error that says why', async () => {
  await expect(run([{ status: 'refused', message: 'no order' }])).rejects.toThrow('refused: no order');
});
