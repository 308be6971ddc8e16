import type { AwsRequest, Parameter } from '../remediations/remedy.ts';

/**
 * Writes a request as the command line that makes it.
 *
 * @example `aws kms enable-key-rotation --key-id 1234 --rotation-period-in-days 365 --region eu-west-1`
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters.html
 */
export function toCommand({ service, operation, region, parameters }: AwsRequest): string {
  const options = Object.entries(parameters).flatMap(([name, value]) => [`--${toKebab(name)}`, ...toWords(value)]);
  return ['aws', service, toKebab(operation), ...options, '--region', quote(region)].join(' ');
}

/** A command longer than this buries the message that it stands in. */
const LONGEST_COMMAND = 2_000;

/**
 * The same for a message: when a parameter is too long for a line, it is taken from a file, and a sentence says where the
 * ledger has it.
 *
 * @param place of the request in the entry, e.g. `decisions[].plan.undo`
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html
 */
export function toCommandLines(request: AwsRequest, subject: string, place: string): readonly string[] {
  const command = toCommand(request);
  if (command.length <= LONGEST_COMMAND) return [command];
  const isLong = (value: Parameter) => toWords(value).join(' ').length > LONGEST_COMMAND / 4;
  const names = Object.keys(request.parameters).filter((name) => isLong(request.parameters[name] ?? ''));
  const parameters = Object.fromEntries(
    Object.entries(request.parameters).map(([name, value]) => [name, names.includes(name) ? toFile(name) : value]),
  );
  const files = names.map((name) => `parameters.${name} of ${place} into ${toKebab(name)}.json`).join(', ');
  return [
    `${toCommand({ ...request, parameters })}`,
    `Before that, write ${files}: it is too long for a message, and the ledger has it: keywarden ledger show ${quote(subject)} --format json`,
  ];
}

const toFile = (name: string): string => `file://${toKebab(name)}.json`;

/** A list is words with blanks between them; a structure is JSON, and so is a list of them. */
function toWords(value: Parameter): string[] {
  const isPlain = (one: unknown) => typeof one !== 'object';
  if (Array.isArray(value) && value.every(isPlain)) return value.map((one) => quote(String(one)));
  return [quote(typeof value === 'object' ? JSON.stringify(value) : String(value))];
}

const toKebab = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/**
 * A value from outside must stay one word of the shell, and one visible line of a message, whatever it holds: a key policy
 * with line breaks would otherwise write lines of its own into the alert. What is not visible is written as bytes in the
 * quoting that bash and zsh know.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html
 */
export function quote(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (text.search(INVISIBLE) === -1) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text.replace(/[\\']/g, (character) => `\\${character}`).replace(INVISIBLE, escapeBytes);
  return `$'${escaped}'`;
}

/** As in safe-text.ts. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escapeBytes = (character: string): string =>
  character === '\n'
    ? '\\n'
    : [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
