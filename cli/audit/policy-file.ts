import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { controlIds } from '../../lib/controls/index.ts';
import { PolicyError, parsePolicy } from '../../lib/policy/load-policy.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { UsageError } from '../usage-error.ts';

/** A policy and how a report calls the file that it is from. */
export interface NamedPolicy {
  readonly policy: Policy;
  readonly name: string;
}

/** Read when it lies where the command is called and no other is named. */
const DEFAULT_POLICY = 'keywarden.policy.yml';

/**
 * Reads the policy to judge by: the file that was named, else the one in the working directory, else the one that ships
 * with Keywarden.
 *
 * @throws {UsageError} for a file that cannot be used: to judge by another one would be to judge by other rules
 */
export function readNamedPolicy(named: string | undefined): NamedPolicy {
  const file = named ?? (existsSync(DEFAULT_POLICY) ? DEFAULT_POLICY : undefined);
  if (file !== undefined) return { policy: readPolicy(file), name: `the policy file ${file}` };
  return {
    policy: readPolicy(findShippedPolicy()),
    name: `the policy that ships with Keywarden (there is no ${DEFAULT_POLICY} here; name yours with --policy)`,
  };
}

/** From the sources, and from the one file that the command is built into: both lie below the package. */
function findShippedPolicy(): string {
  const places = ['../../', '../'].map((up) => fileURLToPath(new URL(`${up}${DEFAULT_POLICY}`, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new UsageError(`Keywarden is installed without its ${DEFAULT_POLICY}. Name a policy file with --policy.`);
}

function readPolicy(file: string): Policy {
  try {
    return parsePolicy(readFileSync(file, 'utf8'), file, controlIds);
  } catch (cause) {
    const { message } = cause instanceof Error ? cause : new Error(String(cause));
    if (cause instanceof PolicyError) throw new UsageError(message, { cause });
    throw new UsageError(`The policy file ${file} cannot be read (${message}). Give its path with --policy.`, {
      cause,
    });
  }
}
