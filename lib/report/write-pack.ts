import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PublicKey, Signer } from '../aws/signer.ts';
import { buildPack, type PackSources } from './build-pack.ts';
import { CSV_BYTE_ORDER_MARK, writeCsvLine } from './csv.ts';
import { writeReadme, writeSampling, writeVerification } from './instructions.ts';
import { MANIFEST, PUBLIC_KEY, SIGNATURE, writeManifest } from './manifest.ts';
import type { PackData } from './pack-data.ts';
import { createPackFiles, type PackFiles } from './pack-files.ts';
import { zipFolder } from './zip.ts';

/** A pack that was written. */
export interface WrittenPack {
  readonly data: PackData;
  /** sha256 (hex) of the manifest. */
  readonly manifestSha256: string;
  /** Paths of all files, in the order of the archive. */
  readonly paths: readonly string[];
  readonly signature: { readonly by: PublicKey } | { readonly missing: string };
}

/** What a pack is written with, besides what it is made from. */
export interface PackOptions {
  /** Absent with the reason when nobody is to sign. */
  readonly signer: Signer | { readonly missing: string };
  readonly renderPage: (data: PackData) => string;
}

/**
 * Writes a pack into a folder. A pack that cannot be signed is written all the same, and says that it is not: in its README, in
 * its manifest and by what this gives.
 *
 * @param folder that is empty, or not there yet
 * @throws what the sources and the file system throw
 */
export async function writePack(
  sources: Omit<PackSources, 'files'>,
  folder: string,
  { signer, renderPage }: PackOptions,
): Promise<WrittenPack> {
  const files = createPackFiles(folder);
  const data = await buildPack({ ...sources, files });
  const ready = 'missing' in signer ? signer : await prepareSigner(signer);
  writeTexts(files, data, renderPage, 'missing' in ready ? undefined : ready.key);
  const written = files.close();
  const manifest = writeManifest(data, written, 'missing' in ready ? undefined : ready.key.fingerprint);
  writeFileSync(join(folder, MANIFEST), manifest);
  const paths = [...written.map(({ path }) => path), MANIFEST];
  const manifestSha256 = createHash('sha256').update(manifest).digest('hex');
  if ('missing' in ready) return { data, manifestSha256, paths, signature: ready };
  writeFileSync(join(folder, SIGNATURE), Buffer.from(await ready.signer.sign(manifest), 'base64'));
  return { data, manifestSha256, paths: [...paths, SIGNATURE], signature: { by: ready.key } };
}

/** Any text that is neither a manifest nor a checkpoint. */
const PROBE = 'May this key be used to sign an evidence pack?';

/** The files say whether the manifest is signed, and it is signed last: whether it will be must be known before. */
async function prepareSigner(
  signer: Signer,
): Promise<{ readonly signer: Signer; readonly key: PublicKey } | { readonly missing: string }> {
  try {
    const key = await signer.publicKey();
    await signer.sign(PROBE);
    return { signer, key };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    return { missing: `The signing key cannot be used (${name}: ${message}).` };
  }
}

function writeTexts(
  files: PackFiles,
  data: PackData,
  renderPage: PackOptions['renderPage'],
  key: PublicKey | undefined,
): void {
  const write = (path: string, text: string) => files.open(path).write(text);
  write('data.json', `${JSON.stringify(data, null, 2)}\n`);
  write('index.html', renderPage(data));
  write('README.txt', writeReadme(data, key !== undefined));
  write('sampling.txt', writeSampling());
  write('verification.txt', writeVerification(data));
  writeMatrix(files, data);
  if (key !== undefined) write(PUBLIC_KEY, key.pem);
}

/** One row for each control, one column for each standard. */
function writeMatrix(files: PackFiles, { matrix }: PackData): void {
  const file = files.open('control-matrix.csv', true);
  const standards = [...new Set(matrix.flatMap((row) => Object.keys(row.standards)))];
  const head = ['control', 'title', 'why', 'steps', 'severity', 'mode', 'remedy', 'evaluated', ...standards];
  file.write(`${CSV_BYTE_ORDER_MARK}${writeCsvLine(head)}`);
  for (const { control, title, why, steps, severity, mode, remedy, evaluated, standards: references } of matrix) {
    const cells = [control, title, why, steps.join(' '), severity, mode, remedy ?? null, evaluated];
    file.write(writeCsvLine([...cells, ...standards.map((name) => references[name]?.join(' ') ?? null)]), 1);
  }
}

/** Puts a pack into one archive. Every file of it has the time at which the pack was made. */
export const zipPack = (folder: string, { paths, data }: WrittenPack, target: string): Promise<void> =>
  zipFolder(folder, paths, target, data.generator.at);

/** @returns e.g. `2026-07-01_2026-08-01`, or with the times when they are no days */
export function nameWindow({ from, to }: PackData['window']): string {
  const short = (time: string) => time.replace(/T00:00:00(\.000)?Z$/, '').replace(/[^0-9A-Za-z-]/g, '');
  return basename(`${short(from)}_${short(to)}`);
}
