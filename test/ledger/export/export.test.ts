import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openExport } from '../../../lib/ledger/export/folder-source.ts';
import { ExportError } from '../../../lib/ledger/export/manifest.ts';
import { writeExport } from '../../../lib/ledger/export/write-export.ts';
import { judgeVerification } from '../../../lib/ledger/verification.ts';
import { verifySource } from '../../../lib/ledger/verify-source.ts';
import { createSigner, exportModel, loadModel, ORIGIN, sealLedger, sourceOf } from './model.ts';

const signer = createSigner();
const model = sealLedger(2, 9, [4, 7], signer);
const KEY_FILE = `keys/${signer.fingerprint}.pem`;
const FILES = ['SHA256SUMS', 'checkpoints.jsonl', 'entries.jsonl', 'heads.jsonl', KEY_FILE, 'manifest.json'];

let folder: string;
let manifestSha256: string;
const original = new Map<string, Buffer>();
beforeAll(async () => {
  ({ folder, manifestSha256 } = await exportModel(model));
  for (const name of FILES) original.set(name, await readFile(join(folder, name)));
});
afterAll(() => rm(dirname(folder), { recursive: true }));

const bytesOf = (name: string): Buffer => original.get(name) ?? Buffer.alloc(0);

/** Verifies the export with some files changed (or taken away), and puts them back. */
async function verifyWith(changed: Readonly<Record<string, string | Buffer | undefined>>) {
  try {
    for (const [name, content] of Object.entries(changed)) {
      if (content === undefined) await rm(join(folder, name));
      else await writeFile(join(folder, name), content);
    }
    const verification = await verifySource(await openExport(folder), { publicKeys: [signer.pem] });
    return { verdict: judgeVerification(verification), ...verification };
  } finally {
    for (const name of Object.keys(changed)) await writeFile(join(folder, name), bytesOf(name));
  }
}

/** What the command would end with. */
const verdictWith = (name: string, content: Buffer | undefined): Promise<string> =>
  verifyWith({ [name]: content }).then(
    ({ verdict }) => verdict,
    (error: unknown) => {
      if (error instanceof ExportError) return 'no export';
      throw error;
    },
  );

describe('an export', () => {
  test('is whole as it was written, and reads back as it was', async () => {
    expect(await verifyWith({})).toMatchObject({ verdict: 'whole', chains: 2, entries: 18 });
    expect(await loadModel(folder)).toEqual(model);
  });

  test('consists of these files, and SHA256SUMS has the digest of each', async () => {
    const names = (await readdir(folder, { recursive: true })).filter((name) => name !== 'keys');
    expect(names.sort()).toEqual(FILES.toSorted());
    const sums = FILES.filter((name) => name !== 'SHA256SUMS').map(
      (name) => `${createHash('sha256').update(bytesOf(name)).digest('hex')}  ${name}`,
    );
    expect(bytesOf('SHA256SUMS').toString().trimEnd().split('\n')).toEqual(sums);
    expect(sums).toContain(`${manifestSha256}  manifest.json`);
  });

  test('says where it comes from, who made it and what is in it', () => {
    expect(JSON.parse(bytesOf('manifest.json').toString())).toMatchObject({
      ...ORIGIN,
      window: 'everything',
      files: [
        { name: 'checkpoints.jsonl', lines: 2 },
        { name: 'entries.jsonl', lines: 18 },
        { name: 'heads.jsonl', lines: 2 },
        { name: KEY_FILE },
      ],
    });
  });

  test('of an empty ledger is whole', async () => {
    const empty = await exportModel({ entries: [], ends: [], checkpoints: [], keys: [] });
    const verification = await verifySource(await openExport(empty.folder));
    expect(verification).toMatchObject({ chains: 0, entries: 0, problems: [], unchecked: [] });
    await rm(dirname(empty.folder), { recursive: true });
  });

  test('has no entry without its line when the disk is slow: a large one is the same as many small ones', async () => {
    const large = sealLedger(1, 700, [700], signer);
    const written = await exportModel(large);
    expect((await readFile(join(written.folder, 'entries.jsonl'))).length).toBeGreaterThan(1_000_000);
    expect(await loadModel(written.folder)).toEqual(large);
    await rm(dirname(written.folder), { recursive: true });
  });
});

describe('whatever happens to the bytes of an export is found', () => {
  // What is generated depends on files that are written first.
  const place = fc.record({ file: fc.nat(FILES.length - 1), at: fc.nat() }).map(({ file, at }) => {
    const name = FILES[file] ?? '';
    return { name, at: at % Math.max(1, bytesOf(name).length) };
  });

  test('when a byte is another', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async ({ name, at }, mask) => {
        const changed = Buffer.from(bytesOf(name));
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(await verdictWith(name, changed)).not.toBe('whole');
      }),
      { numRuns: 120 },
    );
  });

  test('when bytes are put in', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.uint8Array({ minLength: 1, maxLength: 4 }), async ({ name, at }, more) => {
        const bytes = bytesOf(name);
        const changed = Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
        expect(await verdictWith(name, changed)).not.toBe('whole');
      }),
    );
  });

  test('when bytes are taken out, or the file is cut off', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.option(fc.integer({ min: 1, max: 100 })), async ({ name, at }, count) => {
        const bytes = bytesOf(name);
        const changed = Buffer.concat([
          bytes.subarray(0, at),
          count === null ? Buffer.alloc(0) : bytes.subarray(at + count),
        ]);
        expect(await verdictWith(name, changed)).not.toBe('whole');
      }),
    );
  });

  test.each(FILES)('when %s is gone', async (name) => {
    expect(await verdictWith(name, undefined)).toEqual(
      ['manifest.json', 'SHA256SUMS'].includes(name) ? 'no export' : expect.stringMatching(/^not-/),
    );
  });

  test.each(FILES)('when there is more behind %s', async (name) => {
    expect(await verdictWith(name, Buffer.concat([bytesOf(name), Buffer.from('\n')]))).not.toBe('whole');
  });
});

describe('a line that is none', () => {
  const lines = () => bytesOf('entries.jsonl').toString().split('\n');

  test.each<[string, (line: string) => string | Buffer]>([
    ['is no JSON', () => '{'],
    ['is JSON of something else', () => '[1,2]'],
    ['is JSON in another layout', (line) => line.replace('{', '{ ')],
    ['has a name twice', (line) => line.replace('{', '{"entry":"",')],
    ['is empty', () => ''],
    ['is no UTF-8', () => Buffer.from([0x7b, 0xff, 0x7d])],
  ])('%s: is named with its number, and the others are read', async (_name, change) => {
    const before = lines().slice(0, 4).join('\n');
    const after = lines().slice(5).join('\n');
    const parts = [before, '\n', change(lines()[4] ?? ''), '\n', after].map((part) => Buffer.from(part));
    const { verdict, entries, problems } = await verifyWith({ 'entries.jsonl': Buffer.concat(parts) });
    expect([verdict, entries]).toEqual(['not-whole', 17]);
    expect(problems.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^altered: entries\.jsonl line 5: /),
      'altered: entries.jsonl is not the file that manifest.json describes',
      'missing: entry 5 is not there',
    ]);
  });

  test('of heads and checkpoints is named too', async () => {
    const { problems } = await verifyWith({ 'heads.jsonl': '{"named":1}\n', 'checkpoints.jsonl': '{"text":1}\n' });
    const told = problems.map(({ what }) => what);
    expect(told).toContain('altered: heads.jsonl line 1: it is not as it was written');
    expect(told).toContain('altered: checkpoints.jsonl line 1: it is not as it was written');
  });
});

describe('a public key in an export', () => {
  test('is found when it is that of somebody else, whatever it is called', async () => {
    const { problems } = await verifyWith({ [KEY_FILE]: createSigner().pem });
    expect(problems.map(({ what }) => what)).toContain(
      `altered: ${KEY_FILE} is not the public key that it is named after`,
    );
  });
});

describe('an export that is none', () => {
  const inFolder = async (act: (folder: string) => Promise<void>): Promise<void> => {
    const parent = await mkdtemp(join(tmpdir(), 'keywarden-none-'));
    await act(join(parent, 'export')).finally(() => rm(parent, { recursive: true }));
  };

  test('is told from one that is broken: it was not finished', () =>
    inFolder(async (target) => {
      const failing = { ...sourceOf(model), entries: () => failAfter(3) };
      await expect(writeExport(failing, target, ORIGIN)).rejects.toThrow('the network is gone');
      expect(await readdir(dirname(target))).toEqual(['export.partial']);
      await expect(openExport(`${target}.partial`)).rejects.toThrow(/is an export that was not finished/);
      await expect(writeExport(sourceOf(model), target, ORIGIN)).rejects.toThrow(/begun and not finished.*Remove it/);
      await rename(`${target}.partial`, target);
      await expect(openExport(target)).rejects.toThrow(/is no whole export of a ledger: manifest\.json cannot be read/);
    }));

  async function* failAfter(count: number) {
    yield* model.entries.slice(0, count);
    throw new Error('the network is gone');
  }

  test('is written over nothing that is there', () =>
    inFolder(async (target) => {
      await mkdir(target);
      await writeExport(sourceOf(model), target, ORIGIN);
      await expect(writeExport(sourceOf(model), target, ORIGIN)).rejects.toThrow(/is not empty/);
      await expect(writeExport(sourceOf(model), join(target, 'manifest.json'), ORIGIN)).rejects.toThrow(/is a file/);
      await expect(writeExport(sourceOf(model), join(target, 'no', 'where'), ORIGIN)).rejects.toThrow(/does not exist/);
      expect(await loadModel(target)).toEqual(model);
      await appendFile(join(target, 'notes.txt'), 'of the auditor');
      expect(judgeVerification(await verifySource(await openExport(target)))).toBe('whole');
    }));

  test.each<[string, (text: string) => string, RegExp]>([
    ['no JSON', () => '{', /manifest\.json is no JSON/],
    [
      'another version',
      (text) => text.replace('"version": 1', '"version": 2'),
      /manifest\.json is not that of an export of this version: version: /,
    ],
    ['a file elsewhere', (text) => text.replace('"entries.jsonl"', '"../entries.jsonl"'), /files\.1\.name: /],
    [
      'a file twice',
      (text) => text.replace('"entries.jsonl"', '"heads.jsonl"'),
      /must name entries\.jsonl, heads\.jsonl, checkpoints\.jsonl, each once/,
    ],
  ])('says what is wrong with its manifest: %s', async (_name, change, expected) => {
    await expect(verifyWith({ 'manifest.json': change(bytesOf('manifest.json').toString()) })).rejects.toThrow(
      expected,
    );
  });
});
