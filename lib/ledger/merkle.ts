import { createHash } from 'node:crypto';

/**
 * The Merkle tree of Certificate Transparency: leaves and nodes are hashed with different prefixes, so that a node can never
 * pass for a leaf; an odd node moves up as it is, so that no two lists have the same root.
 *
 * @param hashes sha256 (hex) of each entry, in order
 * @returns sha256 (hex)
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 */
export function merkleRoot(hashes: readonly string[]): string {
  if (hashes.length === 0) return createHash('sha256').digest('hex');
  let level = hashes.map((hash) => sha256(LEAF, Buffer.from(hash, 'hex')));
  while (level.length > 1) level = pairUp(level);
  return (level[0] as Buffer).toString('hex');
}

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

function pairUp(level: readonly Buffer[]): Buffer[] {
  const above: Buffer[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at] as Buffer, level[at + 1]];
    above.push(right === undefined ? left : sha256(NODE, left, right));
  }
  return above;
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
