import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { writeCompletion } from '../../cli/completion.ts';
import { createProgram } from '../../cli/create-program.ts';

const program = createProgram();

/** Has bash itself complete the last of these words. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const script = [
    writeCompletion('bash', program),
    `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _keywarden; printf "%s\\n" "\${COMPREPLY[@]}"`,
  ].join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', 'keywarden', ...words]);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('the completion of bash', () => {
  test.each<[string[], string[]]>([
    [['fin'], ['findings', 'finding']],
    [['ledger', 've'], ['verify']],
    [['--region', 'ledger', 'che'], ['check']],
    [['ledger', 'verify', '--man'], ['--manifest']],
    [
      ['findings', '--severity', ''],
      ['critical', 'high', 'medium', 'low'],
    ],
    [['--format', 'j'], ['json']],
    [['completion', 'b'], ['bash']],
    [['approve', '--rea'], ['--reason']],
    [['approve', '--reg'], ['--region']],
    [['audit', '--policy', ''], []],
    [['audit', 'x'], []],
  ])('of %j is %j', async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  test('leaves files to the shell where nothing of its own fits', () => {
    expect(writeCompletion('bash', program)).toContain('complete -o default -F _keywarden keywarden\n');
  });
});

describe('every script', () => {
  const names = program.commands.map((command) => command.name());

  test.each(['bash', 'zsh', 'fish'])('of %s has every command', (shell) => {
    const script = writeCompletion(shell, program);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(script))).toEqual([]);
  });

  test.each(['bash', 'zsh'])('of %s is one that bash can read', async (shell) => {
    const script = writeCompletion(shell, program);
    await expect(promisify(execFile)('bash', ['-n', '-c', script])).resolves.toMatchObject({ stderr: '' });
  });

  test('of fish quotes what stands in descriptions', () => {
    expect(writeCompletion('fish', program)).toMatch(
      /-a 'waivers' -d 'lists what somebody answers for, and until when'/,
    );
    for (const line of writeCompletion('fish', program).split('\n')) {
      expect((line.replaceAll("\\'", '').match(/'/g) ?? []).length % 2).toBe(0);
    }
  });
});
