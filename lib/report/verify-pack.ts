import { createHash, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { readPublicKey } from '../ledger/checkpoint.ts';
import { MANIFEST, type ManifestToVerify, PUBLIC_KEY, readManifest, SIGNATURE } from './manifest.ts';

/** What became of a verification of a pack. */
export interface PackVerification {
  readonly files: number;
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[];
  /**
   * - `given`: signed by the key that whoever verifies gave;
   * - `own`: signed by the key in the pack, which whoever made the pack could have chosen;
   * - `none`: not signed, or not rightly; the problems say so when it ought to be.
   */
  readonly signature: 'given' | 'own' | 'none';
  /** sha256 (hex) of the public key in DER by which the signature was verified. */
  readonly fingerprint?: string;
  /** sha256 (hex) of the manifest, which the ledger has in its entry about the pack. */
  readonly manifestSha256?: string;
}

/**
 * Verifies that every file of a pack is what the manifest says, that none is missing or was added, and that the manifest is
 * signed.
 *
 * @param folder of the unpacked pack
 * @param publicKey PEM from elsewhere than the pack
 * @throws what the file system throws when the folder cannot be read, and an Error when `publicKey` is none
 */
export async function verifyPack(folder: string, publicKey?: string): Promise<PackVerification> {
  const given = publicKey === undefined ? undefined : readPublicKey(publicKey);
  const there = await listFiles(folder);
  if (!there.has(MANIFEST)) {
    return { files: 0, problems: [`There is no ${MANIFEST} in the folder.`], signature: 'none' };
  }
  const bytes = await readFile(join(folder, MANIFEST));
  const manifest = readManifest(bytes.toString('utf8'));
  if (manifest === undefined)
    return { files: 0, problems: [`${MANIFEST} is no manifest of a pack.`], signature: 'none' };
  const signed = await verifySignature(folder, bytes, manifest, there, given);
  const problems = [...(await compareFiles(folder, manifest, there)), ...signed.problems];
  const manifestSha256 = createHash('sha256').update(bytes).digest('hex');
  const { signature, fingerprint } = signed;
  return {
    ...{ files: manifest.files.length, problems, signature, manifestSha256 },
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

async function listFiles(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return new Set(files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/')));
}

async function compareFiles(
  folder: string,
  { files }: ManifestToVerify,
  there: ReadonlySet<string>,
): Promise<readonly string[]> {
  const named = new Set([...files.map(({ path }) => path), MANIFEST, SIGNATURE]);
  const problems = [...there]
    .filter((path) => !named.has(path))
    .sort()
    .map((path) => `added: ${path} is not in the manifest.`);
  for (const { path, sha256, bytes } of files) {
    // A path that leads out of the folder is in no list of its files.
    if (!there.has(path)) problems.push(`missing: ${path}.`);
    else {
      const found = await hashFile(join(folder, path));
      if (found.sha256 !== sha256) {
        problems.push(
          `altered: ${path} has ${found.bytes} bytes and sha256 ${found.sha256}, and the manifest says ${bytes} bytes and ${sha256}.`,
        );
      }
    }
  }
  return problems;
}

async function hashFile(path: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

type Key = ReturnType<typeof readPublicKey>;
type SignatureResult = Pick<PackVerification, 'problems' | 'signature' | 'fingerprint'>;

async function verifySignature(
  folder: string,
  manifest: Buffer,
  { signing }: ManifestToVerify,
  there: ReadonlySet<string>,
  given: Key | undefined,
): Promise<SignatureResult> {
  const fail = (...problems: string[]): SignatureResult => ({ problems, signature: 'none' });
  if (!there.has(SIGNATURE)) {
    const unsigned = signing === null && given === undefined;
    return unsigned ? fail() : fail(`The manifest is not signed: there is no ${SIGNATURE}.`);
  }
  const key = given ?? (await readOwnKey(folder, there));
  if (key === undefined)
    return fail(`There is no public key to verify ${SIGNATURE} with: ${PUBLIC_KEY} is missing or none.`);
  const isSigned = verify('sha384', manifest, key.key, await readFile(join(folder, SIGNATURE)));
  if (!isSigned)
    return fail(`forged: ${SIGNATURE} does not belong to ${MANIFEST} and the public key ${key.fingerprint}.`);
  return { problems: [], signature: given === undefined ? 'own' : 'given', fingerprint: key.fingerprint };
}

async function readOwnKey(folder: string, there: ReadonlySet<string>): Promise<Key | undefined> {
  if (!there.has(PUBLIC_KEY)) return undefined;
  try {
    return readPublicKey(await readFile(join(folder, PUBLIC_KEY), 'utf8'));
  } catch {
    return undefined;
  }
}
