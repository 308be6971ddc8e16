/** Verifies the export that it is given, and says what that took. */
import { setFlagsFromString } from 'node:v8';
import { openExport } from '../../lib/ledger/export/folder-source.ts';
import { judgeVerification } from '../../lib/ledger/verification.ts';
import { verifySource } from '../../lib/ledger/verify-source.ts';

// As the command does.
setFlagsFromString('--semi-space-growth-factor=1');
const started = performance.now();
const verification = await verifySource(await openExport(process.argv[2] ?? ''));
if (judgeVerification(verification) !== 'whole') throw new Error('The ledger of the benchmark is not whole.');
const { entries, coverage } = verification;
const seconds = (performance.now() - started) / 1000;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
console.log(JSON.stringify({ entries, covered: coverage.covered, seconds, cpuSeconds, peakMB: maxRSS / 1024 }));
