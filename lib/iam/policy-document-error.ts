/**
 * A document that cannot be read as a policy at all. The message names the place, what stands there, and what to do.
 * `place` is the path inside the document, e.g. `Statement[2].Effect`.
 */
export class PolicyDocumentError extends Error {
  override name = 'PolicyDocumentError';
  readonly place: string;

  constructor(place: string, message: string, options?: ErrorOptions) {
    super(`${place}: ${message}`, options);
    this.place = place;
  }
}
