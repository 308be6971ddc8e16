import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Column, PackData, Row, Table } from '../../../lib/report/pack-data.ts';
import { renderPage } from '../../../lib/report/page/page.ts';
import { EXAMPLE, IN_ORDER, NOTHING_KNOWN } from './example-data.ts';

const withOpen = (open: Partial<Table>): string =>
  renderPage({ ...EXAMPLE, findings: { ...EXAMPLE.findings, open: { ...EXAMPLE.findings.open, ...open } } });

const sectionOf = (page: string, id: string): string =>
  new RegExp(`<section id="${id}"[\\s\\S]*?\\n(?=<section id=|</main>)`).exec(page)?.[0] ?? '';

const columns = (length: number, more: readonly Column[] = []): readonly Column[] => [
  ...Array.from({ length }, (_, at) => ({ id: `c${at}`, title: `Column ${at}` })),
  ...more,
];

test('The same data gives the same page', () => {
  expect(renderPage(structuredClone(EXAMPLE))).toBe(renderPage(EXAMPLE));
});

test('The page permits its own style sheet and nothing else', () => {
  const page = renderPage(EXAMPLE);
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(page).toContain(
    `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
  );
  expect(style).not.toMatch(/url\(|@import|@font-face/);
});

describe('a table of the page', () => {
  test('shows the first rows, and says how many more are where', () => {
    const rows: readonly Row[] = Array.from({ length: 60 }, (_, at) => ({ id: `row-${at}` }));
    const page = withOpen({
      columns: [{ id: 'id', title: 'Id' }],
      rows,
      total: 1060,
      left: 1000,
      file: 'populations/x.csv',
    });
    expect(page).toContain('row-24');
    expect(page).not.toContain('row-25');
    expect(page).toContain(
      '1,035 more rows: in <a class="file short" href="./populations/x.csv">populations/x.csv</a>',
    );
  });

  test('keeps what was judged and why when there are too many columns, and says how many are left out', () => {
    const many = columns(20, [
      { id: 'verdict', title: 'Verdict', kind: 'verdict' },
      { id: 'reason', title: 'What is so' },
    ]);
    const findings = sectionOf(withOpen({ columns: many, rows: [{ id: '1' }], total: 1, left: 0 }), 'findings');
    expect(findings.match(/<th scope="col"/g)).toHaveLength(8);
    expect(findings).toContain('>What is so</th>');
    expect(findings).toContain('>Verdict</th>');
    expect(findings).toContain('14 more columns: in');
  });

  test('has the columns that say something before those that do not, and numbers beside them', () => {
    const counted = Array.from({ length: 7 }, (_, at) => ({
      id: `n${at}`,
      title: `Number ${at}`,
      kind: 'number' as const,
    }));
    const full = columns(10, counted);
    const row = {
      id: '1',
      c0: 'a',
      c1: '',
      c2: null,
      c3: 'b',
      c4: 'c',
      c5: 'd',
      c6: 'e',
      c7: 'f',
      c8: 'g',
      c9: 'h',
      n6: 1,
    };
    const findings = sectionOf(withOpen({ columns: full, rows: [row], total: 1, left: 0 }), 'findings');
    const titles = [...findings.matchAll(/<th scope="col"[^>]*>([^<]*)</g)].map(([, title]) => title);
    expect(titles).toEqual([
      ...[0, 3, 4, 5, 6, 7, 8, 9].map((at) => `Column ${at}`),
      ...[0, 1, 2, 3, 4, 6].map((at) => `Number ${at}`),
    ]);
  });

  test('cuts a text that would bury the others, between characters, and says how long it is', () => {
    const cells = [{ id: 'who', title: 'Who' }];
    const rows = [{ id: '1', who: `${'🔑'.repeat(400)}abc` }];
    const cut = sectionOf(withOpen({ columns: cells, rows, total: 1, left: 0 }), 'findings');
    expect(cut).toContain('🔑</span> <span class="fine">… and 3 characters</span></th>');
    const whole = sectionOf(
      withOpen({ columns: cells, rows: [{ id: '1', who: '🔑'.repeat(400) }], total: 1, left: 0 }),
      'findings',
    );
    expect(whole).not.toContain('…');
  });

  test('does not name the subject again that the id of every row begins with', () => {
    const named = [
      { id: 'id', title: 'Id' },
      { id: 'subject', title: 'About' },
    ];
    const shown = (rows: readonly Row[]) =>
      sectionOf(withOpen({ columns: named, rows, total: rows.length, left: 0 }), 'findings').includes('>About</th>');
    expect(shown([{ id: 'key#1', subject: 'key' }])).toBe(false);
    expect(
      shown([
        { id: 'key#1', subject: 'key' },
        { id: '2', subject: 'key' },
      ]),
    ).toBe(true);
  });

  test('has a sign and a word for a verdict, words for yes and no, and a dash for nothing', () => {
    const cells = [
      { id: 'id', title: 'Id' },
      { id: 'verdict', title: 'Verdict', kind: 'verdict' },
      { id: 'mfa', title: 'MFA' },
      { id: 'none', title: 'None' },
      { id: 'count', title: 'Count', kind: 'number' },
    ] as const;
    const rows = [{ id: '1', verdict: 'not-applicable', mfa: false, none: null, count: 12_345 }];
    const findings = sectionOf(withOpen({ columns: cells, rows, total: 1, left: 0 }), 'findings');
    expect(findings).toContain('<span class="sign" aria-hidden="true">○</span> not applicable</span>');
    expect(findings).toContain('>no</td>');
    expect(findings).toContain('<span class="nothing">–</span>');
    expect(findings).toContain('<data value="12345">12,345</data>');
  });

  test('shows a word that only looks like a verdict as a word', () => {
    const cells = [{ id: 'verdict', title: 'Verdict', kind: 'verdict' }] as const;
    for (const verdict of ['constructor', 'toString', 'COMPLIANT', 'compliant ']) {
      const findings = sectionOf(
        withOpen({ columns: cells, rows: [{ id: '1', verdict }], total: 1, left: 0 }),
        'findings',
      );
      expect(findings).toContain(`<th scope="row">${verdict}</th>`);
    }
  });
});

test('A file of the pack is linked by its path, whatever the path is', () => {
  for (const [file, href] of [
    ['javascript:alert(1)', './javascript%3Aalert(1)'],
    ['//example.com/x', './/' + '/example.com/x'],
    ['a b/ü?#.csv', './a%20b/%C3%BC%3F%23.csv'],
    ['bad\ud800.csv', './bad%EF%BF%BD.csv'],
  ] as const) {
    expect(withOpen({ file, total: 0, rows: [] })).toContain(`href="${href}"`);
  }
});

describe('what was not looked at', () => {
  test('is said for each section of a pack that knows nothing, and nothing is called in order', () => {
    const page = renderPage(NOTHING_KNOWN);
    expect(sectionOf(page, 'completeness')).toContain('whether it is complete is not known');
    expect(sectionOf(page, 'completeness')).toContain('it is not known which places there are');
    expect(sectionOf(page, 'inventory')).toContain('No list of keys was made in any place');
    expect(sectionOf(page, 'key-use')).toContain('No log files of CloudTrail are read');
    expect(sectionOf(page, 'policies')).toContain('Nothing was judged in the window');
    expect(page.match(/<tr><th scope="row"><time[\s\S]*?<\/tr>/g)?.every((row) => row.includes('not compared'))).toBe(
      true,
    );
    expect(page).not.toContain('class="state good"');
  });

  test('is hatched in the charts, and only that', () => {
    const hatched = (data: PackData) => [...sectionOf(renderPage(data), 'trends').matchAll(/class="unseen"/g)].length;
    // 2026-08-03 to 2026-08-05 is part of one week, in each of four charts.
    expect(hatched(EXAMPLE)).toBe(4);
    expect(hatched(IN_ORDER)).toBe(0);
    expect(hatched(NOTHING_KNOWN)).toBe(4 * NOTHING_KNOWN.trend.points.length);
  });

  test('is counted when it is too much to list', () => {
    const [part] = EXAMPLE.coverage.uncovered;
    if (part === undefined) throw new Error('nothing is uncovered in the example');
    const shown = (length: number) => {
      const coverage = { ...EXAMPLE.coverage, uncovered: Array.from({ length }, () => part) };
      return sectionOf(renderPage({ ...EXAMPLE, coverage }), 'completeness');
    };
    expect(shown(130).match(/The comparison of this part has a gap/g)).toHaveLength(100);
    expect(shown(130)).toContain('30 more parts are in <a class="file short" href="./data.json">');
    expect(shown(100)).not.toContain('data.json');
  });

  test('is an equation of keys without a list, and not a balance', () => {
    const inventory = sectionOf(renderPage(EXAMPLE), 'inventory');
    expect(inventory).toContain('not looked at</span> No list of keys was made in this place before the window.');
    expect(inventory).toContain('3 keys not described');
    expect(inventory.match(/no list/g)).toHaveLength(2);
  });
});

test('Equal numbers do not make an equation of keys balanced when the keys differ', () => {
  const [first] = IN_ORDER.inventory;
  if (first?.looked !== true) throw new Error('no equation in the example');
  const swapped = { ...first, differences: [{ key: 'one', what: 'It is gone.' }], differencesLeft: 3 };
  const inventory = sectionOf(renderPage({ ...IN_ORDER, inventory: [swapped] }), 'inventory');
  expect(inventory).toContain('balanced in number</span> 4 keys differ');
  expect(inventory).toContain('3 more keys are not listed here');
});

test('A chart of nothing has no bar and says so', () => {
  const trends = sectionOf(renderPage(NOTHING_KNOWN), 'trends');
  expect(trends).toContain('Actions per week: none. 14 of 14 were not compared with CloudTrail.');
  expect(trends).not.toContain('class="bar');
  const empty = sectionOf(renderPage({ ...EXAMPLE, trend: { per: 'day', points: [] } }), 'trends');
  expect(empty).toContain('Actions per day: the window has no day.');
});

test('The tallest bar of a chart fills it, and the others are as high as their part of it', () => {
  const point = { day: '2026-07-06', actions: 0, violations: 0, unknown: 0, remediations: 0 };
  const points = [
    { ...point, actions: 8 },
    { ...point, day: '2026-07-13', actions: 2 },
  ];
  const trends = sectionOf(renderPage({ ...IN_ORDER, trend: { per: 'week', points } }), 'trends');
  expect(trends).toContain('<rect class="bar actions" x="1" y="0" width="8" height="100"/>');
  expect(trends).toContain('<rect class="bar actions" x="11" y="75" width="8" height="25"/>');
});
