import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { HEADLESS_ARGUMENTS, installChromium } from '../../../local/install-chromium.ts';

const PROBE = fileURLToPath(new URL('./browser-probe.js', import.meta.url));

/** How a page is looked at. */
export interface Look {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  readonly print?: boolean;
}

/** A page in the browser, with what it did that no page of a pack may do. */
export interface OpenPage {
  readonly page: Page;
  /** Requests but the one for the page itself, messages on the console, errors, dialogs and windows: none is allowed. */
  readonly misdeeds: readonly string[];
  close(): Promise<void>;
}

/** A browser for the tests of a file. */
export interface Viewer {
  /** @param html the page; it is opened as a file, as a person would */
  open(html: string, look?: Look): Promise<OpenPage>;
  close(): Promise<void>;
}

export async function startViewer(): Promise<Viewer> {
  const { program, environment } = await installChromium();
  const browser = await chromium.launch({
    executablePath: program,
    args: [...HEADLESS_ARGUMENTS],
    env: { ...process.env, ...environment },
  });
  const folder = await mkdtemp(join(tmpdir(), 'keywarden-page-'));
  let pages = 0;
  return {
    async open(html, look = {}) {
      pages += 1;
      const file = join(folder, `${pages}.html`);
      await writeFile(file, html);
      return openFile(browser, `file://${file}`, look);
    },
    async close() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openFile(browser: Browser, url: string, look: Look): Promise<OpenPage> {
  const { colorScheme = 'light', width = 1280, height = 900, print = false } = look;
  const context = await browser.newContext({ colorScheme, viewport: { width, height } });
  const page = await context.newPage();
  const misdeeds: string[] = [];
  page.on('request', (request) => request.url() === url || misdeeds.push(`request: ${request.url()}`));
  page.on('console', (message) => misdeeds.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => misdeeds.push(`error: ${error.message}`));
  page.on('popup', () => misdeeds.push('a window was opened'));
  page.on('dialog', async (dialog) => {
    misdeeds.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.addInitScript({ path: PROBE });
  if (print) await page.emulateMedia({ media: 'print' });
  await page.goto(url);
  return { page, misdeeds, close: () => context.close() };
}
