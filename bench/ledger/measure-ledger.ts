/**
 * How fast entries are appended, and what an event costs the table. moto answers, one call of DynamoDB at a time, and copies
 * the whole table for every transaction: read the attempts and the calls, and the ratios of the rates, not the rates. For the
 * same reason every measurement has a table of its own.
 */
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fitAction } from '../../lib/ledger/fit.ts';
import { type Append, BusyError, createLedger } from '../../lib/ledger/ledger.ts';
import { handleAction } from '../../lib/pipeline.ts';
import { type Bed, openBed } from '../../test/pipeline/bed.ts';
import { readAction, writeEvent } from '../../test/pipeline/events.ts';

/** Entries per measurement. */
const ENTRIES = 60;

/** Writers at once, and whether they share a chain. Lambda runs at most 5 invocations of the queue's consumer at once. */
const SETUPS: readonly (readonly [writers: number, chains: number])[] = [
  [1, 1],
  [5, 1],
  [20, 1],
  [5, 5],
  [20, 20],
];

interface Appends {
  readonly seconds: number;
  /** Attempts to write, and reads of the head, that the entries took together. */
  readonly attempts: number;
  readonly reads: number;
  /** Messages that would have returned to the queue. */
  readonly busy: number;
  /** Longest time that one entry took. Milliseconds. */
  readonly longest: number;
}

/**
 * Measures, and writes the tables of bench/README.md.
 *
 * @param progress gets a line for each step
 */
export async function measureLedger(progress: (text: string) => void): Promise<string> {
  const rows: string[] = [];
  for (const [writers, chains] of SETUPS) {
    progress(`${writers} writers, ${chains} chains`);
    rows.push(toRow(writers, chains, await inBed((bed) => measureAppends(bed, writers, chains))));
  }
  progress('calls per event');
  const calls = await inBed(countCalls);
  progress('');
  return [
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}; ${ENTRIES} entries of 4 KB for each line, on moto.`,
    '',
    '| writers at once | chains | appends/s | attempts per entry | reads per entry | longest, ms | returned to the queue |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    '| event | calls of DynamoDB | of which |',
    '|---|---|---|',
    ...calls,
  ].join('\n');
}

async function inBed<T>(measure: (bed: Bed) => Promise<T>): Promise<T> {
  const bed = await openBed();
  try {
    return await measure(bed);
  } finally {
    await bed.stop();
  }
}

function toRow(writers: number, chains: number, { seconds, attempts, reads, busy, longest }: Appends): string {
  const per = (count: number) => (count / ENTRIES).toFixed(2);
  return `| ${writers} | ${chains} | ${(ENTRIES / seconds).toFixed(0)} | ${per(attempts)} | ${per(reads)} | ${longest.toFixed(0)} | ${busy} |`;
}

/** Writers take the next entry as soon as they are done with one; entries go to the chains in turn. */
async function measureAppends(bed: Bed, writers: number, chains: number): Promise<Appends> {
  const { calls, send } = countSent(bed);
  const ledger = createLedger({ client: send, table: bed.table, clock: () => new Date(), pause });
  let next = 0;
  let busy = 0;
  let longest = 0;
  const write = async (owner: string) => {
    while (next < ENTRIES) {
      const entry = next;
      next += 1;
      const begun = performance.now();
      const writer = { owner, recordedBy: 'keywarden bench', leaseUntil: Date.now() + 60_000 };
      await ledger.record(appendOf(`chain-${entry % chains}`, `event-${entry}`), writer).catch((error) => {
        if (!(error instanceof BusyError)) throw error;
        busy += 1;
      });
      longest = Math.max(longest, performance.now() - begun);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: writers }, (_none, place) => write(`writer-${place}`)));
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, attempts: calls.get('TransactWrite') ?? 0, reads: calls.get('BatchGet') ?? 0, busy, longest };
}

/** A client that counts what is sent through it, by operation. */
function countSent({ dynamo }: Bed) {
  const calls = new Map<string, number>();
  const send: Bed['dynamo'] = Object.create(dynamo);
  send.send = (command: object, ...rest: []) => {
    const name = command.constructor.name.replace(/Command$/, '');
    calls.set(name, (calls.get(name) ?? 0) + 1);
    return dynamo.send(command as never, ...rest);
  };
  return { calls, send };
}

function appendOf(subject: string, eventId: string): Append {
  const action = { ...readAction(writeEvent('EnableKeyRotation', subject)), eventId, subject };
  const draft = { type: 'action', action, policy: 'f'.repeat(64), verdicts: [], decisions: [] } as const;
  return {
    subject,
    eventId,
    draft: fitAction({
      ...draft,
      action: { ...action, request: { ...action.request, description: 'd'.repeat(3000) } },
    }),
    controls: [],
    findings: () => [],
    stage: () => 'done',
  };
}

const OF_DYNAMODB = ['BatchGetItem', 'GetItem', 'Query', 'TransactWriteItems', 'UpdateItem', 'PutItem'];

async function countCalls(bed: Bed): Promise<string[]> {
  const count = async (what: string, body: string) => {
    const { pipeline, calls } = bed.start();
    await handleAction(pipeline, readAction(body), bed.deliver());
    const made = calls.filter((name) => OF_DYNAMODB.includes(name));
    const each = [...Map.groupBy(made, (name) => name)].map(([name, all]) => `${name} ${all.length}`);
    return `| ${what} | ${made.length} | ${each.join(', ')} |`;
  };
  const rotating = await bed.createKey({}, true);
  const broken = await bed.createKey();
  const compliant = writeEvent('EnableKeyRotation', rotating);
  const rotation = { eventType: 'AwsServiceEvent', serviceEventDetails: { rotationType: 'AUTOMATIC' } };
  return [
    await count('compliant EnableKeyRotation', compliant),
    await count('the same, delivered again', compliant),
    await count('remediated DisableKeyRotation', writeEvent('DisableKeyRotation', broken)),
    await count('RotateKey, of which KMS tells twice, the first record', writeEvent('RotateKey', rotating, rotation)),
    await count('its second record', writeDirect(rotating)),
  ];
}

const writeDirect = (key: string): string =>
  JSON.stringify({
    ...JSON.parse(writeEvent('RotateKey', key)),
    'detail-type': 'KMS CMK Rotation',
    time: '2026-08-03T09:01:19Z',
    resources: [key],
    detail: { 'key-id': key.slice(key.lastIndexOf('/') + 1) },
  });
