import { readFile } from 'node:fs/promises';
import { BadInputError } from './bad-input-error.ts';

/** Standard input, as a file is named on the command line. */
export const STDIN = '-';

/**
 * Reads one file, or standard input for `-`.
 *
 * @param readStdin gives all of standard input
 * @returns its text, without a byte order mark
 * @throws {BadInputError} when it cannot be read, or is no UTF-8: a wrong character could hide a wrong principal
 */
export async function readInput(file: string, readStdin: () => Promise<Uint8Array>): Promise<string> {
  const bytes = await readBytes(file, readStdin);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BadInputError('The file is not UTF-8 text. Save it as UTF-8; unpack it first if it is compressed.', {
      cause,
    });
  }
}

async function readBytes(file: string, readStdin: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return file === STDIN ? await readStdin() : await readFile(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new BadInputError(REASONS[code ?? ''] ?? `It cannot be read (${message}).`, { cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file. Give the path of a JSON file, or - for standard input.',
  EISDIR: 'It is a directory. Give the files in it, e.g. policies/*.json.',
  EACCES: 'It may not be read. Give yourself the permission, or pipe it in and give -.',
};
