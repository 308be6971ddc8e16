import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { parseSync } from '@swc/core';

/** One import statement of a file. */
export interface Import {
  /** Path from the root of the repository for a local file (`lib/decide.ts`), else the name as it is written. */
  readonly target: string;
  readonly local: boolean;
  /** `import type`: nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

/** The target of an `import(...)` of something that no reader can tell. */
export const AT_RUN_TIME = '(known at run time only)';

/** Path of each file from the root of the repository, with what it imports. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

/** Reads the imports of every TypeScript file in these folders. */
export function readImportGraph(root: string, folders: readonly string[]): ImportGraph {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name) => relative(root, join(root, folder, name))),
  );
  return new Map(files.map((file) => [file, readImports(file, readFileSync(join(root, file), 'utf8'))]));
}

/**
 * Reads the imports of one file: `import`, `export ... from`, and `import(...)` of a literal.
 *
 * @param file path from the root of the repository, to resolve relative names by
 */
export function readImports(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (source: unknown, typeOnly: boolean) => {
    const name = typeof source === 'string' ? source : AT_RUN_TIME;
    const local = name.startsWith('.');
    found.push({ target: local ? posix.join(posix.dirname(file), name) : name, local, typeOnly });
  };
  visit(parseSync(text, { syntax: 'typescript', target: 'es2024' }), (node) => {
    if (IMPORTING.has(String(node.type)) && isNode(node.source)) add(node.source.value, node.typeOnly === true);
    if (node.type === 'CallExpression' && isNode(node.callee) && node.callee.type === 'Import') {
      const [first] = node.arguments as readonly { expression: Node }[];
      // An identifier has a `value` too: its name.
      add(first?.expression.type === 'StringLiteral' ? first.expression.value : undefined, false);
    }
  });
  return found;
}

const IMPORTING: ReadonlySet<string> = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration']);

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const one of value) visit(one, see);
  if (!isNode(value)) return;
  see(value);
  for (const inner of Object.values(value)) visit(inner, see);
}
