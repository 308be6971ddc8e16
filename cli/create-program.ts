import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addAuditCommand } from './audit.ts';
import { addCheckCommands } from './check.ts';
import { addCompletionCommand } from './completion.ts';
import { addFindingCommand } from './finding.ts';
import { addFindingsCommand } from './findings.ts';
import { addKeyCommand } from './key.ts';
import { addLedgerCommands } from './ledger.ts';
import { addGlobalOptions } from './options.ts';
import { addOrderCommands } from './order-commands.ts';
import { addReconcileCommand } from './reconcile.ts';
import { addReportCommands } from './report.ts';
import { addSelftestCommand } from './selftest.ts';
import { addStatusCommand } from './status.ts';
import { addWaiversCommand } from './waivers.ts';

const HELP = `
Examples:
  $ keywarden status
  $ keywarden findings --stage prod --region eu-west-1
  $ keywarden approve --help

Exit codes:
  0  nothing wrong was found, or what was ordered was done
  1  something wrong was found, or what was ordered was not done
  2  the command could not do its work; the message says why and what to do`;

/** Makes the command line with all its commands; nothing is run yet. */
export function createProgram(): Command {
  const program = new Command('keywarden')
    .description('Shows, orders and proves what Keywarden does about your keys.')
    .version(manifest.version)
    .addHelpText('after', HELP)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  addGlobalOptions(program);
  for (const add of COMMANDS) add(program);
  return program;
}

/** In the order of the help; the completion knows all others, and comes last. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  addStatusCommand,
  addFindingsCommand,
  addFindingCommand,
  addKeyCommand,
  addOrderCommands,
  addWaiversCommand,
  addLedgerCommands,
  addReconcileCommand,
  addReportCommands,
  addSelftestCommand,
  addCheckCommands,
  addAuditCommand,
  addCompletionCommand,
];
