import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PackData } from '../../../lib/report/pack-data.ts';
import { renderPage } from '../../../lib/report/page/page.ts';
import { EXAMPLE, IN_ORDER, NOTHING_KNOWN } from './example-data.ts';
import { type Look, type OpenPage, startViewer, type Viewer } from './open-page.ts';

let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer();
});
afterAll(() => viewer.close());

const PACKS: readonly (readonly [string, PackData])[] = [
  ['in which some is wrong', EXAMPLE],
  ['in which all is in order', IN_ORDER],
  ['of which nothing is known', NOTHING_KNOWN],
];

/** Opens a pack, and closes it after. */
async function look<T>(data: PackData, how: Look, work: (open: OpenPage) => Promise<T>): Promise<T> {
  const open = await viewer.open(renderPage(data), how);
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

const ask = <T>(open: OpenPage, question: string): Promise<T> => open.page.evaluate(`probe.${question}()`);

describe.each(PACKS)('the page of a pack %s', (_name, data) => {
  test('has no fault that keeps somebody from using it, asks for nothing and complains about nothing', async () => {
    await look(data, {}, async (open) => {
      expect(await ask(open, 'findFaults')).toEqual([]);
      expect(open.misdeeds).toEqual([]);
    });
  });

  test.each<[string, Look]>([
    ['in light', { colorScheme: 'light' }],
    ['in dark', { colorScheme: 'dark' }],
    ['on paper', { colorScheme: 'dark', print: true }],
  ])('is legible %s: every text has a contrast of 4.5 to 1', async (_where, how) => {
    await look(data, how, async (open) => {
      const measured = await ask<readonly { ratio: number }[]>(open, 'measureContrasts');
      expect(measured.length).toBeGreaterThan(3);
      expect(measured.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    });
  });

  test.each([1280, 768, 390])('does not scroll sideways in a window of %d pixels', async (width) => {
    await look(data, { width }, async (open) => {
      expect(await ask(open, 'measureWidths')).toEqual({ page: width, window: width });
    });
  });

  test('shows every number as it is in the data', async () => {
    const shown = await look(data, {}, (open) =>
      ask<Record<string, { value: string; text: string }>>(open, 'readNumbers'),
    );
    const expected = listNumbers(data);
    const values = Object.fromEntries(Object.entries(shown).map(([name, { value }]) => [name, Number(value)]));
    expect(values).toMatchObject(expected);
    for (const { value, text } of Object.values(shown)) expect(text.replaceAll(',', '')).toBe(value);
  });
});

/** What the page must say, taken from the data by another way than the page takes it. */
function listNumbers(data: PackData): Readonly<Record<string, number>> {
  const { integrity, coverage, findings, entries } = data;
  const flat = (name: string, numbers: object) =>
    Object.entries(numbers).flatMap(([key, value]) =>
      typeof value === 'number' ? [[`${name}.${key}`, value] as const] : [],
    );
  const { problemsLeft: _, ...proof } = integrity;
  return Object.fromEntries([
    ...flat('entries', entries),
    ...flat('integrity', proof),
    ...flat('coverage.counts', coverage.counts),
    ...flat('findings', findings),
    ...data.steps.flatMap((step) => [
      ...flat(`steps.${step.id}`, { actions: step.actions, open: step.open, ...step.counts }),
      ...step.controls.flatMap(({ id, open, counts }) => flat(`steps.${step.id}.${id}`, { open, ...counts })),
    ]),
    ...data.trend.points.flatMap(({ day, ...numbers }) => flat(`trend.${day}`, numbers)),
    ...data.populations.map(({ id, total }) => [`populations.${id}.total`, total] as const),
    ...data.policies.map(({ sha256, entries: many }) => [`policies.${sha256}.entries`, many] as const),
    ...data.waivers.map(({ control, used }) => [`waivers.${control}.used`, used] as const),
    ...data.inventory.flatMap((one) => {
      const { account, region, created, destroyed, start, end } = one;
      const sides = { ...(start ? { start: start.keys } : {}), ...(end ? { end: end.keys } : {}) };
      const sums = one.looked ? { expected: one.expected } : {};
      return flat(`inventory.${account}.${region}`, { created, destroyed, ...sides, ...sums });
    }),
  ]);
}

describe('what looks at the pages notices', () => {
  const FAULTY = `<!doctype html><html><body><h1>x</h1><h3 style="color:#999;background:#fff" id="twice">grey</h3>
<table id="twice"><tr><td>1</td></tr><tr><th>2</th></tr></table><svg></svg><a href="#nowhere" onclick="1"></a>
<p aria-labelledby="gone" style="width:2000px">wide</p><img src="./no.png" alt=""><script>console.log('x')</script></body></html>`;

  test('what is missing, what is there and must not be, what is asked for, and what cannot be read', async () => {
    const open = await viewer.open(FAULTY);
    expect(await ask(open, 'findFaults')).toEqual([
      '<table id=twice> has no caption',
      'the heading 2 has no scope',
      'a row has no heading: 1',
      '<svg> is an image without words',
      'the id twice is there twice',
      '<p> is labelled by nothing',
      expect.stringMatching(/^a link to .* has no words$/),
      '#nowhere leads nowhere',
      'a level is left out before h3',
      ...['html[lang]', 'head > title', 'body > header', 'nav', 'main', 'body > footer', 'meta[name=viewport]'].map(
        (selector) => `there is not exactly one ${selector}`,
      ),
      ...['<h3 id=twice>', '<p>', '<img>', '<script>'].map((name) => `there is a ${name}`),
      '<a> has onclick',
    ]);
    const contrasts = await ask<readonly { text: string; ratio: number }[]>(open, 'measureContrasts');
    expect(contrasts.find(({ text }) => text === 'grey')?.ratio).toBeCloseTo(2.85, 2);
    expect(await ask(open, 'measureWidths')).toMatchObject({ page: 2008, window: 1280 });
    expect(open.misdeeds).toEqual(
      expect.arrayContaining([expect.stringMatching(/^request: .*no\.png$/), 'console: x']),
    );
    await open.close();
  });
});

describe('somebody without a mouse', () => {
  test('skips to the summary with the first key, and sees where they are', async () => {
    await look(EXAMPLE, {}, async ({ page }) => {
      await page.keyboard.press('Tab');
      const skip = page.getByRole('link', { name: 'Skip to the summary' });
      expect(await skip.evaluate((link) => link.matches(':focus'))).toBe(true);
      expect((await skip.boundingBox())?.y).toBeGreaterThanOrEqual(0);
      await page.keyboard.press('Enter');
      expect(page.url()).toMatch(/#summary$/);
      expect(await page.evaluate('document.activeElement.id')).toBe('summary');
    });
  });

  test('comes to the contents, then to the answers, then to every table in the order of the page', async () => {
    await look(EXAMPLE, {}, async ({ page }) => {
      const visited: string[] = [];
      for (let presses = 0; presses < 400; presses += 1) {
        await page.keyboard.press('Tab');
        const at = (await page.evaluate(
          `(() => { const e = document.activeElement; const style = getComputedStyle(e); return [e.getAttribute('href') ?? e.getAttribute('aria-labelledby') ?? '', style.outlineStyle, parseFloat(style.outlineWidth)]; })()`,
        )) as [string, string, number];
        if (at[0] === '') break;
        expect(at.slice(1)).toEqual(['solid', 3]);
        visited.push(at[0]);
      }
      expect(visited.slice(0, 3)).toEqual(['#summary', '#summary', '#steps']);
      const frames = visited.filter((one) => one.endsWith('-caption'));
      const tables = await page.evaluate("[...document.querySelectorAll('caption')].map(({ id }) => id)");
      expect(frames).toEqual(tables);
    });
  });

  test('scrolls a table that is too wide for the window', async () => {
    await look(EXAMPLE, { width: 390 }, async ({ page }) => {
      const frame = page.getByRole('region', { name: /^The steps of the procedure/ });
      await frame.focus();
      await page.keyboard.press('End');
      for (let presses = 0; presses < 5; presses += 1) await page.keyboard.press('ArrowRight');
      await expect(page.waitForFunction('document.activeElement.scrollLeft > 0')).resolves.toBeDefined();
    });
  });
});

describe('somebody who hears the page', () => {
  test('finds the four answers by their questions, with a word for each state', async () => {
    await look(EXAMPLE, {}, async ({ page }) => {
      const said = (question: string) => page.getByRole('region', { name: question, exact: true }).textContent();
      expect(await said('Is the record whole?')).toMatch(/Whole\s+Yes: all of it verifies/);
      expect(await said('Is it complete?')).toMatch(/Not shown\s+Parts of the window are not covered/);
      expect(await said('What is open?')).toMatch(/Open\s+9 findings open at the end/);
      expect(await said('What could not be looked at?')).toMatch(/Not shown\s+11 limits of this pack/);
    });
  });

  test('hears of each chart what it shows and where nothing is known', async () => {
    await look(EXAMPLE, {}, async ({ page }) => {
      const names = [
        'Actions per week: 3,002 in all, at most 291, from 2026-07-20. 1 of 14 were not compared with CloudTrail.',
        'Violations per week: 50 in all, at most 8, from 2026-08-17. 1 of 14 were not compared with CloudTrail.',
      ];
      for (const name of names) expect(await page.getByRole('img', { name, exact: true }).count()).toBe(1);
      expect(await page.getByRole('img').count()).toBe(4);
    });
  });
});

describe('the page on paper', () => {
  test.each(['A4', 'Letter'] as const)('prints on %s with a number on every page', async (format) => {
    await look(EXAMPLE, { colorScheme: 'dark' }, async ({ page, misdeeds }) => {
      const pdf = await page.pdf({ format });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      const pages = [...pdf.toString('latin1').matchAll(/\/Type \/Page\b(?!s)/g)].length;
      expect(pages).toBeGreaterThan(5);
      expect(pages).toBeLessThan(40);
      expect(misdeeds).toEqual([]);
    });
  });

  test('shows whole tables and where its links lead, and leaves out what only a screen needs', async () => {
    await look(EXAMPLE, { print: true, colorScheme: 'dark', width: 690 }, async (open) => {
      const { page } = open;
      const cut = await page.evaluate(
        "[...document.querySelectorAll('.frame')].filter((one) => getComputedStyle(one).overflowY !== 'visible' || one.scrollHeight > one.clientHeight + 1).length",
      );
      expect(cut).toBe(0);
      expect(await page.getByRole('navigation').isVisible()).toBe(false);
      const shown = "getComputedStyle(document.querySelector('a[href^=\"https:\"]'), '::after').content";
      expect(await page.evaluate(shown)).toContain('https://docs.aws.amazon.com/cli/latest/reference/');
      expect(await page.evaluate("getComputedStyle(document.querySelector('thead')).display")).toBe(
        'table-header-group',
      );
      expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(
        'rgb(255, 255, 255)',
      );
      expect(await ask(open, 'measureWidths')).toEqual({ page: 690, window: 690 });
    });
  });
});
