/**
 * Gives the text of a policy document as JSON. IAM answers it percent-encoded (RFC 3986), and CloudTrail records it as it
 * was sent.
 *
 * @param text of a document, encoded or not
 * @returns the decoded text; the text itself when it is not encoded, or not correctly
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
 */
export function decodeDocument(text: string): string {
  if (!text.trimStart().startsWith('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
