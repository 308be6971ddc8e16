import { z } from 'zod';
import type { EntryCounts, Generator, PackData, TimeWindow } from './pack-data.ts';
import type { WrittenFile } from './pack-files.ts';

/** The names of the files that speak of the others. */
export const MANIFEST = 'manifest.json';
export const SIGNATURE = 'manifest.sig';
export const PUBLIC_KEY = 'public-key.pem';

/** What a pack is, and the digest of every file in it but of itself and its signature. */
export interface Manifest {
  readonly v: 1;
  readonly generator: Generator;
  readonly window: TimeWindow;
  readonly query: string;
  readonly entries: EntryCounts;
  /** Rows by population. */
  readonly rows: Readonly<Record<string, number>>;
  readonly ledger: { readonly state: string; readonly chains: number; readonly entries: number };
  /** The newest checkpoint that covers the ledger; null when there is none. */
  readonly checkpoint: { readonly number: number; readonly at: string; readonly sha256: string } | null;
  /** The key that signs this manifest; null when nobody signs it. */
  readonly signing: { readonly algorithm: 'ECDSA_SHA_384'; readonly key: string } | null;
  readonly files: readonly WrittenFile[];
}

/**
 * Writes the manifest. It is what is signed, byte for byte.
 *
 * @param signedBy sha256 (hex) of the public key in DER; absent when nobody signs
 */
export function writeManifest(data: PackData, files: readonly WrittenFile[], signedBy: string | undefined): string {
  const { generator, window, entries, integrity } = data;
  const manifest: Manifest = {
    v: 1,
    ...{ generator, window, query: generator.query, entries },
    rows: Object.fromEntries(data.populations.map(({ id, total }) => [id, total])),
    ledger: { state: integrity.state, chains: integrity.chains, entries: integrity.entries },
    checkpoint: integrity.lastCheckpoint ?? null,
    signing: signedBy === undefined ? null : { algorithm: 'ECDSA_SHA_384', key: signedBy },
    files,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const shape = z.object({
  v: z.literal(1),
  signing: z.object({ algorithm: z.literal('ECDSA_SHA_384'), key: z.string() }).nullable(),
  window: z.object({ from: z.string(), to: z.string() }),
  files: z.array(
    z.object({ path: z.string().min(1), sha256: z.string(), bytes: z.number(), rows: z.number().optional() }),
  ),
});

/** What a verification needs of a manifest. */
export type ManifestToVerify = z.infer<typeof shape>;

/** @returns undefined when the text is no manifest of this version */
export function readManifest(text: string): ManifestToVerify | undefined {
  try {
    const result = shape.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
