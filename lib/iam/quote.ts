/**
 * Shows a value of a document in a message: text in quotes and cut at 120 characters, anything else by its kind, so that a
 * large or deep value can neither fill the message nor exhaust the stack.
 */
export function quote(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 120 ? `${value.slice(0, 117)}...` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
