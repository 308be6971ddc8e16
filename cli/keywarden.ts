import { CommanderError } from 'commander';
import { createProgram } from './create-program.ts';
import { explainError } from './explain-error.ts';
import type { GlobalOptions } from './options.ts';

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own message, and ends --help and --version with code 0.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`keywarden: ${explainError(error, program.opts<Partial<GlobalOptions>>().table)}\n`);
    process.exitCode = 2;
  }
}
