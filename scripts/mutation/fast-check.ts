/**
 * What a test imports from `fast-check`: the same, with fewer examples, because each property is asked for hundreds of
 * mutants. They are random, but the same for every mutant and on every machine; a failure needs no smallest example here.
 */
import fc from 'fast-check';

const EXAMPLES = 20;

function assert<Ts>(property: fc.IRawProperty<Ts>, parameters: fc.Parameters<Ts> = {}): void | Promise<void> {
  const numRuns = Math.min(parameters.numRuns ?? EXAMPLES, EXAMPLES);
  return fc.assert(property, { ...parameters, numRuns, seed: 20_260_803, endOnFailure: true });
}

export default { ...fc, assert };
