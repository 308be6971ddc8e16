import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { compileStructure, MODULE } from '../../../scripts/build-structure.ts';

test('the compiled scanner is the one that its source says', async () => {
  expect(readFileSync(MODULE, 'utf8')).toBe(await compileStructure());
});
