import { z } from 'zod';
import { canonicalText, hashText } from '../chain.ts';

/** An export cannot be read or written; the message says what to do. */
export class ExportError extends Error {
  override name = 'ExportError';
}

/** What the files of an export are called. */
export const FILES = { entries: 'entries.jsonl', heads: 'heads.jsonl', checkpoints: 'checkpoints.jsonl' } as const;
export const MANIFEST = 'manifest.json';
/** Digests of all files in the layout of `sha256sum`, so that anybody can check them with a tool of their own. */
export const SUMS = 'SHA256SUMS';
/** While it is being written, a folder has this at the end of its name. */
export const PARTIAL = '.partial';

/** @param fingerprint sha256 (hex) of the public key in DER */
export const keyFile = (fingerprint: string): string => `keys/${fingerprint}.pem`;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const schema = z.strictObject({
  format: z.literal('keywarden-ledger-export'),
  version: z.literal(1),
  table: z.string(),
  /** Where the table is, as DynamoDB says. */
  account: z.string(),
  region: z.string(),
  /** An export is of everything. */
  window: z.literal('everything'),
  /** ISO 8601 UTC: when the export was begun. */
  at: z.string(),
  by: z.string(),
  tool: z.string(),
  /** Sorted by name. */
  files: z.array(
    z.strictObject({
      name: z.string().regex(/^(entries\.jsonl|heads\.jsonl|checkpoints\.jsonl|keys\/[0-9a-f]{64}\.pem)$/),
      sha256,
      bytes: z.int().min(0),
      lines: z.int().min(0),
    }),
  ),
});

/** What an export says of itself. */
export type Manifest = z.infer<typeof schema>;

/** One file of an export, as its manifest has it. */
export type ManifestFile = Manifest['files'][number];

/** The text of `manifest.json`: for people, and the same for the same content. */
export const writeManifest = (manifest: Manifest): string =>
  `${JSON.stringify(JSON.parse(canonicalText(manifest)), undefined, 2)}\n`;

/** The text of `SHA256SUMS`: all files, the manifest last. */
export const writeSums = (manifest: Manifest): string =>
  [...manifest.files, { name: MANIFEST, sha256: hashText(writeManifest(manifest)) }]
    .map(({ name, sha256: sum }) => `${sum}  ${name}\n`)
    .join('');

/**
 * @param text of `manifest.json`
 * @throws {ExportError} when it is none
 */
export function readManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ExportError(
      `${MANIFEST} is no JSON, so that nobody can say what the export holds. Export the ledger again.`,
    );
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const place = issue?.path.join('.') ?? '';
    throw new ExportError(
      `${MANIFEST} is not that of an export of this version: ${place === '' ? '' : `${place}: `}${issue?.message ?? ''}. Use the version of Keywarden that made it, or export the ledger again.`,
    );
  }
  const names = result.data.files.map(({ name }) => name);
  const missing = Object.values(FILES).filter((name) => !names.includes(name));
  if (missing.length > 0 || new Set(names).size < names.length) {
    throw new ExportError(
      `${MANIFEST} must name ${Object.values(FILES).join(', ')}, each once. Export the ledger again.`,
    );
  }
  return result.data;
}
