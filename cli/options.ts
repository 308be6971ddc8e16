import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './usage-error.ts';

/** What every command takes: the words of the AWS CLI, and its environment variables. */
export interface GlobalOptions {
  readonly region?: string;
  /** A profile of the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html */
  readonly profile?: string;
  readonly endpointUrl?: string;
  /** Name of the ledger table. */
  readonly table: string;
  readonly format: 'text' | 'json';
}

/** Where a command writes; a pipe is no terminal. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Adds the options that every command takes. */
export function addGlobalOptions(program: Command): void {
  program
    .option('--stage <name>', 'stage of Keywarden (default: KEYWARDEN_STAGE, then dev)', readStage)
    .option('--region <region>', 'AWS Region (default: AWS_REGION, then your AWS profile)')
    .option('--profile <name>', 'AWS profile (default: AWS_PROFILE, then the default profile)')
    .option('--endpoint-url <url>', 'where to send calls, e.g. a local AWS (default: AWS_ENDPOINT_URL, then AWS)')
    .option('--table <name>', 'ledger table (default: KEYWARDEN_TABLE, then by the stage)')
    .addOption(
      new Option('--format <format>', 'text or json (audit: text or ndjson)')
        .choices(['text', 'json', 'ndjson'])
        .default('text'),
    )
    .hook('preAction', (_program, command) => {
      refuseOtherFormats(program, command);
      program.setOptionValue('table', chooseTable(program.opts(), process.env));
    });
}

function readStage(value: string): string {
  if (STAGE.test(value)) return value;
  throw new InvalidArgumentError('A stage has letters and digits, e.g. prod.');
}

const STAGE = /^[A-Za-z0-9]{1,32}$/;

/**
 * What the user named counts before the environment, and the table before the stage.
 *
 * @param environment e.g. `process.env`
 * @throws {UsageError} for a stage of the environment that is none
 */
export function chooseTable(
  { table, stage }: { readonly table?: string; readonly stage?: string },
  { KEYWARDEN_TABLE: tableOf, KEYWARDEN_STAGE: stageOf }: Readonly<Record<string, string | undefined>>,
): string {
  if (table !== undefined) return table;
  if (stage !== undefined) return `keywarden-${stage}-ledger`;
  if (tableOf !== undefined && tableOf !== '') return tableOf;
  if (stageOf === undefined || stageOf === '') return 'keywarden-dev-ledger';
  if (STAGE.test(stageOf)) return `keywarden-${stageOf}-ledger`;
  throw new UsageError(`KEYWARDEN_STAGE is ${JSON.stringify(stageOf)}; a stage has letters and digits, e.g. prod.`);
}

/** One option, because people expect it everywhere; what a command writes differs. */
function refuseOtherFormats(program: Command, command: Command): void {
  const { format } = program.opts<{ readonly format: string }>();
  const isAudit = command.name() === 'audit';
  if (isAudit && format === 'json') {
    throw new UsageError('audit has no format json; use --format ndjson, which is one line of JSON per action.');
  }
  if (!isAudit && format === 'ndjson') throw new UsageError('Only audit has the format ndjson; use text or json.');
}

/** How the parts of one Keywarden are called: everything bears service and stage (serverless.yml). */
export interface OwnNames {
  readonly service: string;
  readonly stage: string;
  /** @param part e.g. `remediate` */
  nameOf(part: string): string;
}

/**
 * Reads the names from that of the table, `<service>-<stage>-ledger`.
 *
 * @throws {UsageError} when the table has another name
 */
export function readOwnNames({ table }: Pick<GlobalOptions, 'table'>): OwnNames {
  const [, service, stage] = /^(.+)-([^-]+)-ledger$/.exec(table) ?? [];
  if (service === undefined || stage === undefined) {
    throw new UsageError(
      `The name of the table ${table} does not say how the rest of Keywarden is called. Name the stage with --stage in place of --table.`,
    );
  }
  return { service, stage, nameOf: (part) => `${service}-${stage}-${part}` };
}
