import { installChromium } from '../../local/install-chromium.ts';
import { installMoto } from '../../local/install-moto.ts';

const log = (line) => process.stderr.write(`${line}\n`);

/** A test file that opens a page: when it is among those that run, a browser is needed. */
const PAGE_TESTS = 'test/report/page/page.int.test.ts';

/**
 * Installs moto, and Chromium when a page is to be opened, once before the first test file, so that no single test pays for
 * it. Plain .mjs: jest loads it natively.
 */
export default async function setup({ testPathPatterns }) {
  await installMoto({ log });
  const { patterns } = testPathPatterns;
  const opensPages = patterns.length === 0 || patterns.some((pattern) => new RegExp(pattern, 'i').test(PAGE_TESTS));
  if (opensPages) await installChromium({ log });
}
