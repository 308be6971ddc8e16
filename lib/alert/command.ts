import type { AwsRequest } from '../remediations/remedy.ts';

/**
 * Writes a request as the command line that makes it.
 *
 * @example `aws kms enable-key-rotation --key-id 1234 --rotation-period-in-days 365 --region eu-west-1`
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters.html
 */
export function toCommand({ service, operation, region, parameters }: AwsRequest): string {
  const options = Object.entries(parameters).flatMap(([name, value]) => [`--${toKebab(name)}`, quote(String(value))]);
  return ['aws', service, toKebab(operation), ...options, '--region', quote(region)].join(' ');
}

const toKebab = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/** A value from outside must stay one word of the shell, whatever it holds. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
