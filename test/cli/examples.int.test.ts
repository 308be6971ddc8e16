import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createProgram } from '../../cli/create-program.ts';
import { collectFromDocs, collectFromHelp, collectFromPage, type Example, listCommands } from './examples/collect.ts';
import { fillIn, RUNS } from './examples/table.ts';
import { startWorld, type World } from './examples/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 300_000);
afterAll(() => world.stop());

const commands = listCommands(createProgram());
const ran = new Set<string>();

async function collectAll(): Promise<readonly Example[]> {
  const helps = await Promise.all(
    [[], ...commands].map(async (path) => {
      const line = ['keywarden', ...path, '--help'].join(' ');
      return collectFromHelp((await world.run(line)).out, line);
    }),
  );
  return [...helps.flat(), ...collectFromDocs()];
}

test('every command has an example in its help, and says its exit codes', async () => {
  expect(commands.length).toBeGreaterThan(20);
  for (const path of commands) {
    const { out } = await world.run(`keywarden ${path.join(' ')} --help`);
    expect([path, collectFromHelp(out, '').length > 0, out.includes('\nExit codes:\n')]).toEqual([path, true, true]);
  }
});

describe('each example of the help and the docs, run as it stands', () => {
  test.each(Object.entries(RUNS))('%s', async (line, { code, says, before, typed }) => {
    await before?.(world);
    const result = await world.run(await fillIn(line, world, new Date()), typed);
    ran.add(line);
    expect(`${result.out}${result.err}`).toContain(says);
    expect(result.code).toBe(code);
  });

  test('and none is left out, nor is one run that stands nowhere', async () => {
    const shown = new Set((await collectAll()).map(({ line }) => line));
    expect([...shown].filter((line) => !ran.has(line))).toEqual([]);
    expect([...ran].filter((line) => !shown.has(line))).toEqual([]);
  });
});

describe('what counts as an example', () => {
  test('is every command line of keywarden in a block for a shell, without its comment and line breaks', () => {
    const page = [
      '```sh',
      'npx keywarden findings   # all',
      'aws kms list-grants | npx keywarden check grant -',
      'npm ci',
      'keywarden report \\',
      '  --no-sign',
      '```',
      '```yaml',
      'run: keywarden status',
      '```',
      '```',
      'keywarden status',
      'the keywarden command',
      '```',
    ].join('\n');
    expect(collectFromPage(page, 'x').map(({ line }) => line)).toEqual([
      'keywarden findings',
      'aws kms list-grants | keywarden check grant -',
      'keywarden report --no-sign',
      'keywarden status',
    ]);
  });
});
