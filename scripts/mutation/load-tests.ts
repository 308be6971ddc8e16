import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { getState, resetState } from 'jest-circus';
import { listTests, type TestCase } from './test-case.ts';

const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['@jest/globals', new URL('jest-globals.ts', import.meta.url).href],
  ['fast-check', new URL('fast-check.ts', import.meta.url).href],
]);
const GENERATION = 'generation';

/** Test files as modules of this process. Node keeps a module for ever, so what is to be loaded anew gets a generation. */
export interface TestLoader {
  /** Begins a generation: what is loaded from now on is loaded anew. */
  renew(): void;
  /**
   * Loads a test file, and with it everything of the project that it imports, unless this generation has it.
   *
   * @param file absolute path
   * @throws whatever a module throws while it is loaded
   */
  load(file: string): Promise<readonly TestCase[]>;
  /**
   * Of the test files, those that import a file, directly or through others, the nearest first. Known once they have
   * been loaded.
   */
  selectImporters(testFiles: readonly string[], file: string): readonly string[];
}

/**
 * Lets Node resolve every file of the project in the generation of the file that imports it, and notes who imports whom.
 *
 * @param root absolute path of the project, ending in a slash
 * @see https://nodejs.org/docs/latest-v24.x/api/module.html#moduleregisterhooksoptions
 */
export function createTestLoader(root: string): TestLoader {
  const project = pathToFileURL(root).href;
  const importers = new Map<string, Set<string>>();
  let generation = 0;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const parent = context.parentURL;
      if (parent === undefined || !parent.startsWith(project)) return nextResolve(specifier, context);
      const resolved = nextResolve(INSTEAD.get(specifier) ?? specifier, context);
      if (!resolved.url.startsWith(project) || INSTEAD.has(specifier)) return resolved;
      noteImport(importers, withoutQuery(resolved.url), withoutQuery(parent));
      return { ...resolved, url: `${withoutQuery(resolved.url)}${new URL(parent).search}` };
    },
  });
  return {
    renew() {
      generation += 1;
    },
    async load(file) {
      resetState();
      await import(`${pathToFileURL(file).href}?${GENERATION}=${generation}`);
      return listTests(file.slice(root.length), file, getState().rootDescribeBlock);
    },
    selectImporters(testFiles, file) {
      const byUrl = new Map(testFiles.map((testFile) => [pathToFileURL(testFile).href, testFile]));
      return findImporters(importers, pathToFileURL(file).href).flatMap((url) => byUrl.get(url) ?? []);
    },
  };
}

function noteImport(importers: Map<string, Set<string>>, imported: string, importer: string): void {
  const known = importers.get(imported) ?? new Set();
  importers.set(imported, known.add(importer));
}

function findImporters(importers: ReadonlyMap<string, ReadonlySet<string>>, imported: string): readonly string[] {
  const found = new Set([imported]);
  // A set that grows while it is walked: each importer is visited once, whatever circles there are.
  for (const one of found) for (const importer of importers.get(one) ?? []) found.add(importer);
  return [...found];
}

const withoutQuery = (url: string): string => url.replace(/\?.*$/, '');
