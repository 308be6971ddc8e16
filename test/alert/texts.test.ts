import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { hasWords } from '../../lib/alert/plain-words.ts';
import { builtInControls } from '../../lib/built-in-controls.ts';
import { controls } from '../../lib/controls/index.ts';
import { KMS_SOURCE, OPERATIONS } from '../../lib/event/operations.ts';
import { remedies } from '../../lib/remediations/index.ts';
import { showFactsAfter } from './after.ts';
import { findBuiltIn } from './built-in.ts';
import { parseCommand } from './parse-command.ts';
import { liveThrough, type Moments } from './states.ts';
import type { Told } from './story.ts';

const lives = new Map<string, Moments>();

beforeAll(async () => {
  for (const control of controls) lives.set(control.id, await liveThrough(control, showFactsAfter));
  for (const control of builtInControls) lives.set(control.id, await findBuiltIn(control));
});

const momentsOf = (id: string): readonly (readonly [string, Told])[] => [...(lives.get(id) ?? [])];
const ids = [...controls, ...builtInControls].map(({ id }) => id);

const listTexts = () =>
  [...lives].flatMap(([id, moments]) =>
    [...moments].map(([name, told]) => ({ name: `${id}, ${name}`, ...told.message })),
  );

const section = (text: string, title: string): readonly string[] =>
  text
    .split(`\n${title}\n`)[1]
    ?.split('\n\n')[0]
    ?.split('\n')
    .map((line) => line.slice(2)) ?? [];

const VERBS = ['Ask', 'By', 'Consider', 'Decide', 'Do', 'Find', 'Follow', 'Have', 'If', 'Or', 'Put', 'Then', 'To'];

describe('what the officer reads', () => {
  test.each(ids)('about %s is kept as it was reviewed, in every state', (id) => {
    const moments = momentsOf(id);
    expect(moments.length).toBeGreaterThan(0);
    for (const [name, { message }] of moments) {
      expect(`Subject: ${message.subject}\n\n${message.text}`).toMatchSnapshot(name);
    }
  });

  test('is there for every state that a finding can have', () => {
    for (const { id, remedy } of controls) {
      const states = momentsOf(id).map(([, { notice }]) => notice.state);
      const some = ['opened', 'waived'];
      const ofRemedy = ['needs-approval', 'rejected', 'remediated', 'not-remediated'];
      const wanted = remedy === undefined ? some : [...some, ...ofRemedy];
      expect([id, states]).toEqual([id, expect.arrayContaining(wanted)]);
    }
    const all = new Set(ids.flatMap(momentsOf).map(([, { notice }]) => notice.state));
    expect([...all].sort()).toEqual([
      ...['needs-approval', 'not-remediated', 'not-undone', 'opened', 'rejected', 'remediated', 'reopened', 'resolved'],
      ...['undone', 'waived'],
    ]);
  });

  test('names the severity first, and never what a program says of what is missing', () => {
    for (const { name, subject, text, attributes } of listTexts()) {
      const severity = attributes.severity?.toUpperCase() ?? '?';
      expect([name, text]).toEqual([name, expect.stringMatching(new RegExp(`^${severity}  \\S`))]);
      expect([name, subject.startsWith(`[Keywarden] ${severity} `)]).toEqual([name, true]);
      expect([name, subject]).toEqual([name, expect.stringMatching(/^[\x20-\x7e]{1,100}$/)]);
      expect([name, /undefined|\[object|\bnull\b|NaN|Invalid Date/.exec(text)?.[0]]).toEqual([name, undefined]);
    }
  });

  test('has no line that is too long to read, but for commands, parts of documents and what names many ARNs', () => {
    for (const { name, text } of listTexts()) {
      const isProse = (line: string) => !/^ *(aws|keywarden) /.test(line) && !/^ {5}[^A-Z]/.test(line);
      const [found] = section(text, 'What is wrong');
      const long = text.split('\n').filter((line) => line.length > 400 && isProse(line) && line !== `  ${found}`);
      expect([name, long]).toEqual([name, []]);
    }
  });

  test('says what to do in numbered steps that begin with a verb', () => {
    for (const { name, text } of listTexts()) {
      const steps = section(text, 'What to do now').filter((line) => !line.startsWith('   '));
      expect([name, steps.length]).not.toEqual([name, 0]);
      steps.forEach((step, at) => {
        const begins = new RegExp(`^${at + 1}\\. (${VERBS.join('|')}) `);
        expect([name, step]).toEqual([name, expect.stringMatching(begins)]);
      });
    }
  });

  test('has no command of Keywarden that its command line does not take', () => {
    const lines = listTexts().flatMap(({ text }) => text.split('\n').map((line) => line.trim()));
    const commands = new Set(lines.filter((line) => line.startsWith('keywarden ')));
    expect(commands.size).toBeGreaterThan(100);
    for (const command of commands) expect([command, parseCommand(command)]).toEqual([command, 'taken']);
  });

  test('has the digest of the plan in the command that approves it, and the raw call of AWS only for when that cannot be', () => {
    const waiting = listTexts().filter(({ attributes }) => attributes.state === 'needs-approval');
    expect(waiting.length).toBeGreaterThan(10);
    for (const { name, text, json } of waiting) {
      const digest = String(json.planDigest);
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
      const next = section(text, 'What to do now').map((line) => line.trim());
      const approve = next.find((line) => line.startsWith('keywarden approve '));
      expect([name, approve]).toEqual([
        name,
        expect.stringContaining(
          ` --plan ${digest.slice(0, 16)} --reason 'YOUR REASON' --region eu-west-1 --stage prod`,
        ),
      ]);
      expect(json.commands).toMatchObject({ approve });
      const byHand = next.findIndex((line) => line.includes('By hand, only if Keywarden cannot be reached:'));
      expect(next[byHand + 1]).toMatch(/^aws (kms|cloudtrail) /);
    }
  });

  test('names who approved a change, and who proposed it', () => {
    const [, approved] = momentsOf('rotation-enabled').find(([name]) => name === 'approved') ?? [];
    expect(approved?.message.text).toContain('It was approved by olivia@example.com, proposed by oscar@example.com.');
    expect(approved?.message.json).toMatchObject({
      orderedBy: { name: 'olivia@example.com' },
      proposedBy: { name: 'oscar@example.com' },
    });
  });

  test('says who may not approve', () => {
    const [, proposed] = momentsOf('deletion-authorized').find(([name]) => name === 'proposed') ?? [];
    const causer = proposed?.notice.finding.causedBy?.person ?? '?';
    expect(proposed?.message.text).toContain(
      `but not ${causer}, who caused it, and not oscar@example.com, who proposed it:`,
    );
  });

  test('never gives a command of Keywarden for what Keywarden does not take back, and says why', () => {
    const moments = ids.flatMap(momentsOf).filter(([, { notice }]) => notice.state === 'remediated');
    const refused = moments.filter(([, { notice }]) => notice.undoRefused !== undefined);
    expect(new Set(refused.map(([, { notice }]) => notice.decision.remedy))).toEqual(
      new Set(remedies.filter((one) => one.undoRefused !== undefined).map(({ id }) => id)),
    );
    for (const [name, { message }] of refused) {
      expect([name, message.text]).toEqual([name, expect.not.stringContaining('keywarden undo ')]);
      expect(message.json.commands).not.toHaveProperty('undo');
    }
    const [, cancelled] = momentsOf('deletion-authorized').find(([name]) => name === 'remediated') ?? [];
    const undo = section(cancelled?.message.text ?? '', 'How to undo it');
    expect(undo[0]).toMatch(/^Keywarden does not take it back itself: Keywarden never orders a deletion/);
    expect(undo[2]).toMatch(/^aws kms schedule-key-deletion /);
  });

  test('is what docs/alerts.md shows', () => {
    const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
    const [, sample = ''] = /```text\n(.*?)```/s.exec(page) ?? [];
    const [, waiting] = momentsOf('deletion-authorized').find(([name]) => name === 'needs approval') ?? [];
    const parts = sample.split('...\n');
    expect(parts).toHaveLength(2);
    for (const part of parts) expect(waiting?.message.text).toContain(part);
    const states = new Set(ids.flatMap(momentsOf).map(([, { notice }]) => notice.state));
    for (const state of states) expect(page).toContain(`\`${state}\``);
  });

  test('has words of its own for every operation that changes a key', () => {
    const changing = [...OPERATIONS].filter(([, { kind }]) => kind === 'lifecycle').map(([name]) => name);
    const ofKms = controls.filter(({ eventSource = KMS_SOURCE }) => eventSource === KMS_SOURCE);
    const judged = ofKms.flatMap(({ events }) => events);
    expect([...changing, ...judged].filter((api) => !hasWords(api))).toEqual([]);
  });
});
