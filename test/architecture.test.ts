import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { complain } from './architecture/complaints.ts';
import { AT_RUN_TIME, type Import, readImportGraph, readImports } from './architecture/imports.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const house = readImportGraph(root, ['handlers', 'lib', 'cli', 'local']);

describe('the imports of the house', () => {
  test('point one way', () => {
    expect(complain(house)).toEqual([]);
  });

  test('are all there: every local file that is imported was read too', () => {
    const missing = [...house.values()]
      .flat()
      .filter(({ local, target }) => local && target !== 'package.json' && !house.has(target));
    expect(missing).toEqual([]);
    expect([...house.keys()]).toEqual(
      expect.arrayContaining(['lib/pipeline.ts', 'lib/controls/index.ts', 'lib/facts/fact-reader.ts']),
    );
  });
});

const importing = (target: string, typeOnly = false): Import => ({ target, local: /^[a-z]+\//.test(target), typeOnly });

/** The house with one file changed or added. */
const houseWith = (file: string, ...imports: Import[]) =>
  new Map([...house, [file, [...(house.get(file) ?? []), ...imports]]]);

describe('the walk complains when', () => {
  test.each<[string, string, string, string]>([
    ['a control has a client', 'lib/controls/rotation-enabled.ts', '@aws-sdk/client-kms', 'must not call AWS'],
    ['a control reads a file', 'lib/controls/rotation-enabled.ts', 'node:fs', 'must be pure and reaches node:fs'],
    [
      'a control uses the ledger',
      'lib/controls/rotation-enabled.ts',
      'lib/ledger/ledger.ts',
      'must be pure and reaches lib/ledger/ledger.ts',
    ],
    [
      'a control reaches a client through another file',
      'lib/facts/plain-text.ts',
      'lib/facts/fact-reader.ts',
      'lib/controls/key-spec-approved.ts must be pure and reaches @aws-sdk/client-kms',
    ],
    ['a remedy has a client', 'lib/remediations/enable-key-rotation.ts', '@aws-sdk/client-kms', 'must not call AWS'],
    [
      'a remedy uses the calls',
      'lib/remediations/enable-key-rotation.ts',
      'lib/aws/clients.ts',
      'must be pure and reaches lib/aws/clients.ts',
    ],
    ['the decision calls AWS', 'lib/decide.ts', '@aws-sdk/client-kms', 'must not call AWS'],
    [
      'the eligibility looks by itself',
      'lib/facts/rotation-eligibility.ts',
      '@aws-sdk/client-kms',
      'must not call AWS',
    ],
    ['an event is looked up in AWS', 'lib/event/read-event.ts', '@smithy/node-http-handler', 'must not call AWS'],
    [
      'lib imports a handler',
      'lib/pipeline.ts',
      'handlers/lifecycle.ts',
      'imports handlers/lifecycle.ts, which is above it',
    ],
    ['lib imports the command', 'lib/ledger/ledger.ts', 'cli/keywarden.ts', 'which is above it'],
    [
      'a part imports the pipeline',
      'lib/alert/message.ts',
      'lib/pipeline.ts',
      'lib/alert/message.ts imports lib/pipeline.ts, which is above it',
    ],
    [
      'the policy imports a control',
      'lib/policy/policy.ts',
      'lib/controls/index.ts',
      'lib/policy/policy.ts imports lib/controls/index.ts, which is above it',
    ],
    ['the clients import the ledger', 'lib/aws/clients.ts', 'lib/ledger/ledger.ts', 'which is above it'],
    ['a handler imports the local AWS', 'handlers/lifecycle.ts', 'local/moto.ts', 'which is another door'],
    ['the command imports a handler', 'cli/keywarden.ts', 'handlers/lifecycle.ts', 'which is another door'],
    ['product code imports a test', 'lib/pipeline.ts', 'test/facts/key.ts', 'which is no product code'],
    ['product code imports a script', 'cli/keywarden.ts', 'scripts/jest.ts', 'which is no product code'],
    ['lib imports middy', 'lib/batch.ts', '@middy/core', 'imports @middy/core, which only handlers do'],
    [
      'lib imports middleware of the logger',
      'lib/pipeline.ts',
      '@aws-lambda-powertools/logger/middleware',
      'which only handlers do',
    ],
    ['lib imports what nobody can tell', 'lib/pipeline.ts', AT_RUN_TIME, 'imports what is only known at run time'],
    [
      'a file is in a folder that the house does not have',
      'lib/utils/text.ts',
      'lib/decide.ts',
      'lib/utils/text.ts lives in a folder that the house does not have',
    ],
    [
      'two files import each other',
      'lib/facts/plain-text.ts',
      'lib/facts/rotation-eligibility.ts',
      'lib/facts/plain-text.ts imports itself in a circle',
    ],
    [
      'two folders import each other',
      'lib/event/digest.ts',
      'lib/controls/key-spec-approved.ts',
      'lib/event imports itself in a circle',
    ],
  ])('%s', (_name, file, target, complaint) => {
    expect(complain(houseWith(file, importing(target)))).toContainEqual(expect.stringContaining(complaint));
  });

  test('even a type comes from above the parts', () => {
    const complaints = complain(houseWith('lib/ledger/ledger.ts', importing('lib/pipeline.ts', true)));
    expect(complaints).toContainEqual('lib/ledger/ledger.ts imports lib/pipeline.ts, which is above it');
  });
});

describe('the walk lets', () => {
  test.each<[string, string, Import]>([
    ['a part use the words of another', 'lib/policy/policy.ts', importing('lib/event/key-action.ts', true)],
    ['a control name the types of a client', 'lib/facts/key-description.ts', importing('@aws-sdk/client-kms', true)],
    ['the local AWS use the command', 'local/demo.ts', importing('cli/keywarden.ts')],
    ['the local AWS load the deployed bundle', 'local/demo.ts', importing(AT_RUN_TIME)],
  ])('%s', (_name, file, one) => {
    expect(complain(houseWith(file, one))).toEqual([]);
  });
});

describe('the imports of a file are read', () => {
  test.each<[string, string, Import]>([
    [
      'from an import',
      "import { a } from '../event/a.ts';",
      { target: 'lib/event/a.ts', local: true, typeOnly: false },
    ],
    ['from an import for its effect', "import './a.ts';", { target: 'lib/facts/a.ts', local: true, typeOnly: false }],
    [
      'from an import of types',
      "import type { A } from './a.ts';",
      { target: 'lib/facts/a.ts', local: true, typeOnly: true },
    ],
    // What is left of it at run time still loads the file.
    [
      'from an import that holds only types',
      "import { type A } from './a.ts';",
      { target: 'lib/facts/a.ts', local: true, typeOnly: false },
    ],
    ['from a re-export', "export { a } from './a.ts';", { target: 'lib/facts/a.ts', local: true, typeOnly: false }],
    ['from a re-export of all', "export * from './a.ts';", { target: 'lib/facts/a.ts', local: true, typeOnly: false }],
    [
      'from a re-export of types',
      "export type { A } from './a.ts';",
      { target: 'lib/facts/a.ts', local: true, typeOnly: true },
    ],
    [
      'from an import at run time',
      "const f = async () => { await import('./a.ts'); };",
      { target: 'lib/facts/a.ts', local: true, typeOnly: false },
    ],
    [
      'from an import of what is not known',
      'const f = (name: string) => import(name);',
      { target: AT_RUN_TIME, local: false, typeOnly: false },
    ],
    ['from an import of a package', "import { z } from 'zod';", { target: 'zod', local: false, typeOnly: false }],
  ])('%s', (_name, text, expected) => {
    expect(readImports('lib/facts/file.ts', text)).toEqual([expected]);
  });

  test('and nothing else is', () => {
    const text = "// import './a.ts';\nconst text = \"import './b.ts'\";\nexport const c = text;";
    expect(readImports('lib/facts/file.ts', text)).toEqual([]);
  });
});
