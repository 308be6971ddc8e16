import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { UsageError } from './usage-error.ts';

/** Where a person answers. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean | undefined };
  readonly output: Writable;
}

/**
 * Makes sure, before anything is asked of AWS, that somebody can answer a question later.
 *
 * @param yes whether the question is answered already (--yes)
 * @throws {UsageError} when nobody can, and the command would wait for ever or do what nobody wanted
 */
export function expectAnswer({ input }: Pick<Terminal, 'input'>, yes: boolean): void {
  if (yes || input.isTTY === true) return;
  throw new UsageError(
    'There is no terminal on which to ask you. Say --yes to do it without being asked, or --dry-run to see what it would do.',
  );
}

/**
 * Asks a person yes or no. Anything but `y` and `yes` is a no, also the end of the input.
 *
 * @param question without the choice
 */
export async function ask(question: string, { input, output }: Terminal): Promise<boolean> {
  output.write(`${question} [y/N] `);
  const lines = createInterface({ input });
  const answer = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}
