import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const readJson = (path: string) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));

const manifest = readJson('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>>;
const lock = readJson('package-lock.json') as { packages: Record<string, { license?: string }> };
const page = readFileSync(new URL('../docs/dependencies.md', import.meta.url), 'utf8');
const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });

describe('every dependency', () => {
  test.each(names)('%s has a line that says why', (name) => {
    const line = page.split('\n').find((one) => one.startsWith('|') && one.includes(`\`${name}\``));
    expect(line).toBeDefined();
  });

  test('is pinned to one version', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^(npm:\w+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('and everything that it needs is free, and nothing is AGPL', () => {
    // Each is a permissive licence, or one that covers the files of that package only (MPL), or data (CC).
    const free =
      /^\(?(MIT|MIT-0|ISC|0BSD|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|BlueOak-1\.0\.0|Python-2\.0|PSF-2\.0|CC0-1\.0|CC-BY-4\.0|CC-BY-3\.0|MPL-2\.0|Unlicense|WTFPL|Zlib)( (OR|AND) [\w.-]+)*\)?$/;
    const others = Object.entries(lock.packages).filter(
      ([path, { license }]) => path !== '' && !free.test(license ?? ''),
    );
    expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
  });
});
