/**
 * Runs jest on native ES modules: jest needs Node's vm-modules flag, which is set here once instead of in every script
 * and on every developer's command line. All arguments go to jest.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const { status } = spawnSync(process.execPath, [...flags, jest, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
