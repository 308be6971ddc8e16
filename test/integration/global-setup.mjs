import { installMoto } from '../../local/install-moto.ts';

/** Installs moto once before the first test file, so that no single test pays for it. Plain .mjs: jest loads it natively. */
export default async function setup() {
  await installMoto({ log: (line) => process.stderr.write(`${line}\n`) });
}
