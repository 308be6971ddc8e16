/** The user can put it right; the message says how. */
export class UsageError extends Error {
  override name = 'UsageError';
}
