import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { getState, resetState } from 'jest-circus';
import { listTests, type TestCase } from './test-case.ts';

const GLOBALS = new URL('jest-globals.ts', import.meta.url).href;
const GENERATION = 'generation';

/** Test files as modules of this process. Node keeps a module for ever, so each load is a generation of its own. */
export interface TestLoader {
  /**
   * Loads test files, and with them everything of the project that they import, anew.
   *
   * @param files absolute paths
   * @throws whatever a module throws while it is loaded
   */
  load(files: readonly string[]): Promise<readonly TestCase[]>;
  /** Of the test files, those that import a file, directly or through others; known once they have been loaded. */
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
      if (specifier === '@jest/globals') return nextResolve(GLOBALS, context);
      const resolved = nextResolve(specifier, context);
      const parent = context.parentURL;
      if (!resolved.url.startsWith(project) || parent === undefined || !parent.startsWith(project)) return resolved;
      noteImport(importers, withoutQuery(resolved.url), withoutQuery(parent));
      return { ...resolved, url: `${withoutQuery(resolved.url)}${new URL(parent).search}` };
    },
  });
  return {
    async load(files) {
      generation += 1;
      const tests: TestCase[] = [];
      for (const file of files) {
        resetState();
        await import(`${pathToFileURL(file).href}?${GENERATION}=${generation}`);
        tests.push(...listTests(file.slice(root.length), file, getState().rootDescribeBlock));
      }
      return tests;
    },
    selectImporters(testFiles, file) {
      const found = findImporters(importers, pathToFileURL(file).href);
      return testFiles.filter((testFile) => found.has(pathToFileURL(testFile).href));
    },
  };
}

function noteImport(importers: Map<string, Set<string>>, imported: string, importer: string): void {
  const known = importers.get(imported) ?? new Set();
  importers.set(imported, known.add(importer));
}

function findImporters(importers: ReadonlyMap<string, ReadonlySet<string>>, imported: string): ReadonlySet<string> {
  const found = new Set([imported]);
  // A set that grows while it is walked: each importer is visited once, whatever circles there are.
  for (const one of found) for (const importer of importers.get(one) ?? []) found.add(importer);
  return found;
}

const withoutQuery = (url: string): string => url.replace(/\?.*$/, '');
