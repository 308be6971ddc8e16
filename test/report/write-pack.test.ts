import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { verifyPack } from '../../lib/report/verify-pack.ts';
import { nameWindow, type PackOptions, writePack, zipPack } from '../../lib/report/write-pack.ts';
import { sourcesWith } from './example-pack.ts';
import { MEMORY_SIGNER, PUBLIC_KEY } from './memory-ledger.ts';
import { tellMonth, WINDOW } from './story.ts';

const root = mkdtempSync(join(tmpdir(), 'keywarden-pack-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
async function make(options: Partial<PackOptions> = {}) {
  made += 1;
  const folder = join(root, String(made));
  const { files: _files, ...sources } = sourcesWith(tellMonth().source());
  const renderPage = ({ window }: { window: { from: string } }) => `<title>${window.from}</title>`;
  return { folder, pack: await writePack(sources, folder, { signer: MEMORY_SIGNER, renderPage, ...options }) };
}

const listFiles = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile());
const read = (folder: string, path: string) => readFileSync(join(folder, path), 'utf8');

describe('a pack in a folder', () => {
  test('has a manifest that names every file with its digest, size and rows', async () => {
    const { folder, pack } = await make();
    const manifest = JSON.parse(read(folder, 'manifest.json'));
    const named = manifest.files.map(({ path }: { path: string }) => path);
    expect([...named, 'manifest.json', 'manifest.sig'].sort()).toEqual(listFiles(folder).sort());
    expect([...pack.paths].sort()).toEqual(listFiles(folder).sort());
    for (const { path, sha256, bytes, rows } of manifest.files) {
      const content = readFileSync(join(folder, path));
      expect([path, createHash('sha256').update(content).digest('hex'), content.length]).toEqual([path, sha256, bytes]);
      if (path.endsWith('.jsonl')) expect([path, content.toString().split('\n').length - 1]).toEqual([path, rows]);
    }
    expect(manifest).toMatchObject({
      window: WINDOW,
      rows: { actions: 8, deletions: 2 },
      checkpoint: { number: 1 },
      ledger: { state: 'whole' },
    });
  });

  test('is signed so that anybody can verify it with the public key', async () => {
    const { folder } = await make();
    const [manifest, signature] = [
      readFileSync(join(folder, 'manifest.json')),
      readFileSync(join(folder, 'manifest.sig')),
    ];
    expect(verify('sha384', manifest, createPublicKey(PUBLIC_KEY), signature)).toBe(true);
    expect(read(folder, 'public-key.pem')).toBe(PUBLIC_KEY);
  });

  test('tells an auditor how to do every test again, and how to draw a sample', async () => {
    const { folder, pack } = await make();
    const readme = read(folder, 'README.txt');
    for (const { title } of pack.data.populations) expect(readme).toContain(title);
    expect(readme).not.toContain('NOT SIGNED');
    expect(readme).toContain('aws cloudtrail lookup-events');
    expect(read(folder, 'sampling.txt')).toContain('keywarden report sample --population populations/actions.jsonl');
    expect(read(folder, 'verification.txt')).toContain('The ledger is whole');
    expect(JSON.parse(read(folder, 'data.json'))).toEqual(JSON.parse(JSON.stringify(pack.data)));
  });

  test('has the controls with what each standard asks for', async () => {
    const { folder } = await make();
    const [head, ...rows] = read(folder, 'control-matrix.csv').trim().split('\r\n');
    expect(head).toContain('"SOC 2"');
    expect(rows.find((row) => row.startsWith('"rotation-enabled"'))).toContain('CC6.1');
  });

  test.each<[string, PackOptions['signer']]>([
    ['nobody is to sign', { missing: 'It was made with --no-sign.' }],
    [
      'the key may not be used',
      {
        ...MEMORY_SIGNER,
        sign: () => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDeniedException' })),
      },
    ],
    ['the key is gone', { ...MEMORY_SIGNER, publicKey: () => Promise.reject(new Error('KMS answered no public key')) }],
  ])('says loudly that it is not signed when %s', async (_when, signer) => {
    const { folder, pack } = await make({ signer });
    expect(pack.signature).toEqual({ missing: expect.any(String) });
    expect(read(folder, 'README.txt')).toContain('THIS PACK IS NOT SIGNED');
    expect(listFiles(folder)).not.toContain('manifest.sig');
    expect(JSON.parse(read(folder, 'manifest.json')).signing).toBeNull();
    expect(await verifyPack(folder)).toMatchObject({ problems: [], signature: 'none' });
    expect((await verifyPack(folder, PUBLIC_KEY)).problems).toEqual([
      'The manifest is not signed: there is no manifest.sig.',
    ]);
  });
});

describe('a verification of a pack', () => {
  test('finds nothing in an untouched one, and says whose key signed it', async () => {
    const { folder, pack } = await make();
    const { manifestSha256 } = pack;
    expect(await verifyPack(folder)).toMatchObject({ problems: [], signature: 'own', manifestSha256 });
    expect(await verifyPack(folder, PUBLIC_KEY)).toMatchObject({ problems: [], signature: 'given' });
  });

  test('finds every single file that was altered or taken out', async () => {
    const { folder, pack } = await make();
    for (const path of pack.paths) {
      const before = readFileSync(join(folder, path));
      appendFileSync(join(folder, path), ' ');
      expect([path, (await verifyPack(folder, PUBLIC_KEY)).problems.length]).not.toEqual([path, 0]);
      rmSync(join(folder, path));
      expect([path, (await verifyPack(folder, PUBLIC_KEY)).problems.length]).not.toEqual([path, 0]);
      writeFileSync(join(folder, path), before);
    }
    expect((await verifyPack(folder, PUBLIC_KEY)).problems).toEqual([]);
  });

  test('finds a file that was added', async () => {
    const { folder } = await make();
    writeFileSync(join(folder, 'populations', 'more.csv'), '');
    expect((await verifyPack(folder)).problems).toEqual(['added: populations/more.csv is not in the manifest.']);
  });

  test('finds a manifest that was written anew after a file was altered', async () => {
    const { folder } = await make();
    const other = await make({ signer: { missing: 'a forger has no key' } });
    writeFileSync(join(folder, 'manifest.json'), readFileSync(join(other.folder, 'manifest.json')));
    expect((await verifyPack(folder)).problems).toContainEqual(expect.stringContaining('forged: manifest.sig'));
  });

  test('says what is wrong with a folder that is no pack', async () => {
    const folder = mkdtempSync(join(root, 'none-'));
    expect((await verifyPack(folder)).problems).toEqual(['There is no manifest.json in the folder.']);
    writeFileSync(join(folder, 'manifest.json'), '{}');
    expect((await verifyPack(folder)).problems).toEqual(['manifest.json is no manifest of a pack.']);
  });

  test('never reads a file outside of the folder, whatever the manifest names', async () => {
    const folder = mkdtempSync(join(root, 'out-'));
    const files = [{ path: '../1/README.txt', sha256: 'a'.repeat(64), bytes: 1 }];
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ v: 1, signing: null, window: WINDOW, files }));
    expect((await verifyPack(folder)).problems).toEqual(['missing: ../1/README.txt.']);
  });
});

describe('the archive of a pack', () => {
  test('has every file as it is in the folder, in the order of the manifest', async () => {
    const { folder, pack } = await make();
    await zipPack(folder, pack, `${folder}.zip`);
    const files = unzipSync(readFileSync(`${folder}.zip`));
    expect(Object.keys(files)).toEqual(pack.paths);
    for (const path of pack.paths)
      expect(Buffer.from(files[path] ?? []).equals(readFileSync(join(folder, path)))).toBe(true);
  });

  test('is the same bytes each time, and in every time zone', async () => {
    const { folder, pack } = await make();
    await zipPack(folder, pack, `${folder}.zip`);
    const zip = fileURLToPath(new URL('../../lib/report/zip.ts', import.meta.url));
    const code = `import { zipFolder } from ${JSON.stringify(zip)}; await zipFolder(${JSON.stringify(folder)}, ${JSON.stringify(pack.paths)}, process.argv[1], ${JSON.stringify(pack.data.generator.at)});`;
    for (const TZ of ['UTC', 'Asia/Kathmandu', 'America/Los_Angeles']) {
      const other = `${folder}-${TZ.replace('/', '-')}.zip`;
      execFileSync(process.execPath, ['--input-type=module', '-e', code, other], {
        env: { ...process.env, TZ, NODE_OPTIONS: '' },
      });
      expect(readFileSync(other).equals(readFileSync(`${folder}.zip`))).toBe(true);
    }
  });
});

describe('the name of a window', () => {
  test('has its days, or its times when they are no whole days', () => {
    expect(nameWindow(WINDOW)).toBe('2026-07-01_2026-08-01');
    expect(nameWindow({ from: '2026-07-01T12:30:00.000Z', to: WINDOW.to })).toBe('2026-07-01T123000000Z_2026-08-01');
  });
});
