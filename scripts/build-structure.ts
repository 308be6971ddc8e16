/** Compiles `lib/audit/read/structure.wat` into the module that is bundled: after a change of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import startWabt from 'wabt';

const SOURCE = new URL('../lib/audit/read/structure.wat', import.meta.url);
/** Where the compiled module is. */
export const MODULE = new URL('../lib/audit/read/structure.generated.ts', import.meta.url);

/** @returns the text of the module: the same text for the same source */
export async function compileStructure(): Promise<string> {
  const wabt = await startWabt();
  const parsed = wabt.parseWat('structure.wat', readFileSync(SOURCE, 'utf8'), { simd: true });
  parsed.validate();
  const code = Buffer.from(parsed.toBinary({}).buffer).toString('base64');
  parsed.destroy();
  return `/** structure.wat, compiled by scripts/build-structure.ts. */\nexport const STRUCTURE_WASM =\n  '${code}';\n`;
}

if (import.meta.main) writeFileSync(MODULE, await compileStructure());
