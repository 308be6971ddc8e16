import type { State } from 'jest-circus';

type Block = State['rootDescribeBlock'];
type Hook = Block['hooks'][number];

/** One test of a loaded test file, which can be run any number of times. */
export interface TestCase {
  /** Unique among all tests: file, title, and a number when a file uses a title twice. */
  readonly id: string;
  /** Absolute path of its file. */
  readonly file: string;
  /** @throws whatever the test throws; then it has failed */
  run(): Promise<void>;
}

/**
 * Lists what a test file has declared.
 *
 * @param name its path within the project, for the ids
 * @param file its absolute path
 * @param root what jest has collected from it
 * @throws {TypeError} for a test in a form that this repository does not use and this runner therefore cannot run
 */
export function listTests(name: string, file: string, root: Block): readonly TestCase[] {
  const titles = new Map<string, number>();
  return walk(root, [root], []).map(({ title, run }) => {
    const count = (titles.get(title) ?? 0) + 1;
    titles.set(title, count);
    return { id: `${name} ${title}${count === 1 ? '' : ` (${count})`}`, file, run };
  });
}

interface Found {
  readonly title: string;
  run(): Promise<void>;
}

function walk(block: Block, blocks: readonly Block[], titles: readonly string[]): readonly Found[] {
  return block.children.flatMap((child) => {
    const path = [...titles, child.name];
    if (child.type === 'describeBlock') return walk(child, [...blocks, child], path);
    const { fn } = child;
    if (child.mode !== undefined || fn === undefined) {
      throw new TypeError(`The test "${path.join(' ')}" is skipped, focused or to do; remove that before mutating.`);
    }
    return { title: path.join(' '), run: () => runTest(fn, blocks) };
  });
}

/** Every hook runs around every test: that isolates tests more than jest does, and never less. */
async function runTest(fn: Hook['fn'], blocks: readonly Block[]): Promise<void> {
  const before = blocks.flatMap(({ hooks }) => hooks).filter(({ type }) => type.startsWith('before'));
  const after = blocks.toReversed().flatMap(({ hooks }) => hooks.filter(({ type }) => type.startsWith('after')));
  try {
    for (const hook of before) await call(hook.fn);
    await call(fn);
  } finally {
    for (const hook of after) await call(hook.fn);
  }
}

async function call(fn: Hook['fn']): Promise<void> {
  if (fn.length > 0) throw new TypeError('A test or hook takes a callback; return a promise instead.');
  await (fn as () => unknown)();
}
