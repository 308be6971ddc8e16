import { known } from '../../lib/facts/key-facts.ts';
import type { After } from './states.ts';

/** A policy that was written is the one of the request; every other remedy has a case that shows what it wants. */
export const showFactsAfter: After = ({ requests }, before) =>
  requests.flatMap(({ parameters: { Policy } }) =>
    typeof Policy === 'string' ? [{ ...before, keyPolicy: known(Policy) }] : [],
  );
