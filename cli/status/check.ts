/** What was found about one part of Keywarden. */
export interface StatusCheck {
  /** e.g. `checkpoint`. */
  readonly name: string;
  /** `unknown`: it could not be looked at, which is never all is well. */
  readonly state: 'well' | 'not-well' | 'unknown';
  /** What is so, as sentences; where something is to be done, what. */
  readonly text: string;
}

export const well = (name: string, text: string): StatusCheck => ({ name, state: 'well', text });
export const notWell = (name: string, text: string): StatusCheck => ({ name, state: 'not-well', text });
export const unknown = (name: string, text: string): StatusCheck => ({ name, state: 'unknown', text });

/**
 * @returns exit code: 0 all is well; 1 something is not; 2 something could not be looked at, and nobody knows what hides there
 */
export function codeOfChecks(checks: readonly StatusCheck[]): 0 | 1 | 2 {
  if (checks.some(({ state }) => state === 'unknown')) return 2;
  return checks.every(({ state }) => state === 'well') ? 0 : 1;
}
