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

/** A list is words with blanks between them, a structure is JSON. */
function toWords(value: Parameter): string[] {
  if (Array.isArray(value)) return value.map(quote);
  return [quote(typeof value === 'object' ? JSON.stringify(value) : String(value))];
}

const toKebab = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/** A value from outside must stay one word of the shell, whatever it holds. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
