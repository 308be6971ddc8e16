import { readdirSync } from 'node:fs';
import { installChromium } from '../../local/install-chromium.ts';
import { installMoto } from '../../local/install-moto.ts';

const log = (line) => process.stderr.write(`${line}\n`);

/** The test files that open a page: when one is among those that run, a browser is needed. */
const PAGE_TESTS = readdirSync(new URL('../report/page/', import.meta.url))
  .filter((name) => name.endsWith('.int.test.ts'))
  .map((name) => `/test/report/page/${name}`);

/**
 * Installs moto, and Chromium when a page is to be opened, once before the first test file, so that no single test pays for
 * it. Plain .mjs: jest loads it natively.
 */
export default async function setup({ testPathPatterns }) {
  await installMoto({ log });
  const { patterns } = testPathPatterns;
  const opensPages =
    patterns.length === 0 || patterns.some((pattern) => PAGE_TESTS.some((file) => new RegExp(pattern, 'i').test(file)));
  if (opensPages) await installChromium({ log });
}
