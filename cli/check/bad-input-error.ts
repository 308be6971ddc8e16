/** Something that was given cannot be judged. The message names what stands there and says what is expected. */
export class BadInputError extends Error {
  override name = 'BadInputError';
}
