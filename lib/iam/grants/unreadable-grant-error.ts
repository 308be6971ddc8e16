import { quote } from '../quote.ts';

/** Where a grant could not be read, and what would be right. */
export interface UnreadableGrantDetails {
  /** Path of the field, e.g. `requestParameters.operations`. */
  readonly field: string;
  readonly value: unknown;
  readonly expected: string;
}

/** A document that is not what ListGrants gives, and not the record of a CreateGrant call that made a grant. */
export class UnreadableGrantError extends Error {
  override readonly name = 'UnreadableGrantError';
  readonly field: string;
  readonly value: unknown;
  readonly expected: string;

  constructor({ field, value, expected }: UnreadableGrantDetails) {
    super(`The grant cannot be read: ${field} is ${quote(value)}; expected ${expected}.`);
    this.field = field;
    this.value = value;
    this.expected = expected;
  }
}
