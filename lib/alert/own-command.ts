import { type FindingRef, writeFindingRef } from '../ledger/finding-ref.ts';
import { quote } from './command.ts';

/** Which Keywarden a command is for. */
export interface Home {
  /** Where that Keywarden runs; a subject may be elsewhere, as IAM policies are. */
  readonly region: string;
  /** e.g. `prod` */
  readonly stage: string;
}

/** Stands where a person writes why: one word of the shell, so that the command can be run as it is. */
export const YOUR_REASON = 'YOUR REASON';

/**
 * Writes a command of Keywarden about one finding, ready for a shell (docs/cli.md).
 *
 * @param options in the order in which they are to stand, e.g. `{ plan: '0123456789abcdef', reason: YOUR_REASON }`
 * @example `keywarden approve rotation-enabled@1234 --plan 0123456789abcdef --reason 'YOUR REASON' --region eu-west-1 --stage prod`
 */
export const writeOwnCommand = (
  command: 'finding' | 'approve' | 'reject' | 'remediate' | 'undo' | 'waive' | 'unwaive',
  finding: FindingRef,
  options: Readonly<Record<string, string>>,
  { region, stage }: Home,
): string => writeCommand([command, writeFindingRef(finding)], { ...options, region, stage });

/**
 * Writes the command that has Keywarden look at a key now.
 *
 * @param key ARN
 */
export const writeVerifyCommand = (key: string, { region, stage }: Home): string =>
  writeCommand(['verify', key], { region, stage });

/**
 * Writes any other command of Keywarden.
 *
 * @param words the command and what it is about, e.g. `['ledger', 'show', 'malformed']`
 */
export const writeListCommand = (words: readonly string[], { region, stage }: Home): string =>
  writeCommand(words, { region, stage });

const writeCommand = (words: readonly string[], options: Readonly<Record<string, string>>): string =>
  [
    'keywarden',
    ...words.map(quote),
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, quote(value)]),
  ].join(' ');

/** The options by which any command of Keywarden finds this one, ready for a shell. */
export const writeHome = ({ region, stage }: Home): string => `--region ${quote(region)} --stage ${quote(stage)}`;
