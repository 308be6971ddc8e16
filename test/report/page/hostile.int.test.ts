import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PackData, Population, Table } from '../../../lib/report/pack-data.ts';
import { renderPage } from '../../../lib/report/page/page.ts';
import { showUnseen } from '../../../lib/report/page/visible.ts';
import { EXAMPLE, IN_ORDER } from './example-data.ts';
import { startViewer, type Viewer } from './open-page.ts';

let viewer: Viewer;
/** What the template itself writes: elements with the names of their attributes, from pages without hostile text. */
let shapes: ReadonlySet<string>;
beforeAll(async () => {
  viewer = await startViewer();
  const seen = await Promise.all(
    [SMALL, EXAMPLE, IN_ORDER, fill(SMALL, () => 'a'), fill(SMALL, () => 'x'.repeat(50))].map(readPage),
  );
  shapes = new Set(seen.flatMap((one) => one.shapes));
});
afterAll(() => viewer.close());

interface Read {
  readonly shapes: readonly string[];
  readonly links: readonly string[];
  readonly text: string;
  readonly misdeeds: readonly string[];
}

async function readPage(data: PackData): Promise<Read> {
  const { page, misdeeds, close } = await viewer.open(renderPage(data));
  const read = await page.evaluate(
    '({ shapes: probe.listShapes(), links: probe.listLinks(), text: probe.readText() })',
  );
  await close();
  return { ...(read as Omit<Read, 'misdeeds'>), misdeeds };
}

/** A table that is shown whole. */
const narrow = <T extends Table>(table: T): T => {
  const columns = table.columns.filter(({ id, kind }) => id !== 'subject' && kind !== 'number').slice(0, 8);
  const rows = table.rows
    .slice(0, 2)
    .map((row) => ({ id: row.id, ...Object.fromEntries(columns.map(({ id }) => [id, row[id] ?? ''])) }));
  return { ...table, columns, rows, total: Math.max(1, table.total) };
};

/** A table that is no population: the page says nothing else of it. */
const plain = ({ id, title, columns, rows, total, left, file }: Table): Table => ({
  id,
  title,
  columns,
  rows,
  total,
  left,
  file,
});

const USES: Population = { ...narrow(EXAMPLE.findings.open), what: 'Uses.', jsonFile: 'populations/key-use.jsonl' };

/** A pack of which every text stands on the page. */
const SMALL: PackData = {
  ...EXAMPLE,
  integrity: {
    ...EXAMPLE.integrity,
    problems: [{ subject: 'chain', seq: 3, what: 'altered' }],
    unchecked: [{ subject: 'chain', seq: 0, what: 'no key' }],
    noted: [{ subject: 'chain', seq: 1, what: 'gone' }],
  },
  coverage: {
    ...EXAMPLE.coverage,
    statements: plain(narrow(EXAMPLE.coverage.statements)),
    gaps: plain(narrow(EXAMPLE.coverage.gaps)),
  },
  steps: EXAMPLE.steps.slice(0, 2).map((step) => ({ ...step, uncontrolled: 'No control serves it.' })),
  otherControls: EXAMPLE.steps[3]?.controls ?? [],
  trend: { ...EXAMPLE.trend, points: EXAMPLE.trend.points.slice(0, 2) },
  findings: { ...EXAMPLE.findings, open: plain(narrow(EXAMPLE.findings.open)) },
  populations: EXAMPLE.populations.slice(0, 2).map(narrow),
  keyUse: {
    collected: true,
    uses: 1,
    keys: 1,
    hours: [{ account: '111122223333', region: 'eu-west-1', looked: 1, notLooked: 1 }],
    unreadFiles: 2,
    table: USES,
  },
  matrix: EXAMPLE.matrix.slice(0, 2),
};

/** What is a word of the program and never text of an account: the type says which, or only the program chooses it. */
const WORDS = new Set(['state', 'severity', 'kind', 'per', 'name']);

/** Puts another text in the place of every text of the data. */
function fill<T>(value: T, next: () => string, name = ''): T {
  if (typeof value === 'string') return (WORDS.has(name) ? value : next()) as T;
  if (Array.isArray(value)) return value.map((one) => fill(one, next, name)) as T;
  if (typeof value !== 'object' || value === null) return value;
  if ('columns' in value && 'rows' in value) return fillTable(value as unknown as Table, next) as T;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, next, key)])) as T;
}

/** Columns keep their ids, by which the cells are found, and tables theirs, which the program chooses. */
function fillTable(table: Table, next: () => string): Table {
  const columns = table.columns.map((column) => ({ ...column, title: next() }));
  const rows = table.rows.map((row) => ({
    ...row,
    ...Object.fromEntries(table.columns.map(({ id }) => [id, next()])),
  }));
  const { what, jsonFile } = table as { readonly what?: string; readonly jsonFile?: string };
  const more = {
    ...(what === undefined ? {} : { what: next() }),
    ...(jsonFile === undefined ? {} : { jsonFile: next() }),
  };
  return { ...table, title: next(), file: next(), ...more, columns, rows } as Table;
}

const ATTACKS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style><style>*{display:none}</style>',
  '</title></head><body onload=alert(1)>',
  '<!-- ',
  ']]><svg onload=alert(1)>',
  'javascript:alert(1)',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;b&#62;',
  '\u0000<b>\u202eevil\u2028',
  '#{alert(1)}',
  '{{constructor.constructor("alert(1)")()}}',
  '//example.com/x.csv',
];

const hostile = fc.oneof(
  fc.constantFrom(...ATTACKS),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.tuple(fc.string({ maxLength: 4 }), fc.constantFrom(...ATTACKS)).map(([before, attack]) => `${before}${attack}`),
);

test('whatever the texts of a pack are, they stand on its page as text and do nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 5, maxLength: 60 }), async (texts) => {
      let at = 0;
      const placed: string[] = [];
      const next = () => {
        // The number tells the texts apart, so that each must be there and no other can stand in for it.
        const text = `${texts[at % texts.length]}·${at}·`;
        at += 1;
        placed.push(text);
        return text;
      };
      const read = await readPage(fill(SMALL, next));
      expect(read.misdeeds).toEqual([]);
      expect(read.shapes.filter((shape) => !shapes.has(shape))).toEqual([]);
      expect(read.links.filter((link) => !/^(#|\.\/|https:\/\/docs\.aws\.amazon\.com\/)/.test(link))).toEqual([]);
      expect(placed.length).toBeGreaterThan(150);
      expect(placed.filter((text) => !read.text.includes(showUnseen(text)))).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test('words that JavaScript knows are texts like others', async () => {
  const texts = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  let at = 0;
  const read = await readPage(
    fill(SMALL, () => {
      at += 1;
      return texts[at % texts.length] ?? '';
    }),
  );
  expect(read.misdeeds).toEqual([]);
  expect(read.shapes.filter((shape) => !shapes.has(shape))).toEqual([]);
  for (const text of texts) expect(read.text).toContain(text);
});
