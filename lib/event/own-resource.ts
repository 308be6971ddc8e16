import { matchesArn } from '../iam/principal-match.ts';

/**
 * Whether something is a part of Keywarden.
 *
 * @param arn of a rule, queue, function, table, topic, parameter, alarm, bucket or role
 * @param patterns ARNs in which `*` stands for any characters within one of the six parts
 */
export const isOwnResource = (arn: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => matchesArn(pattern, arn));
