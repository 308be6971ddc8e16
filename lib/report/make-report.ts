import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TellOfficer } from '../alert/officer.ts';
import { type MadeReport, writeReportMessage } from '../alert/report-message.ts';
import type { EvidenceStore } from '../aws/evidence-store.ts';
import type { Signer } from '../aws/signer.ts';
import { readAnchors } from '../evidence/kept.ts';
import { REPORTS } from '../ledger/keys.ts';
import type { Ledger, Writer } from '../ledger/ledger.ts';
import { recordNote } from '../ledger/note.ts';
import type { LedgerSource } from '../ledger/source.ts';
import type { Policy } from '../policy/policy.ts';
import type { PackSources } from './build-pack.ts';
import { MANIFEST, SIGNATURE } from './manifest.ts';
import type { InventoryEquation, PackData, TimeWindow } from './pack-data.ts';
import { lastMonth, readWindow, WindowError } from './read-window.ts';
import { nameWindow, type WrittenPack, writePack, zipPack } from './write-pack.ts';

/** What the function that makes packs works with. */
export interface Reporter {
  readonly ledger: Ledger;
  readonly source: LedgerSource;
  readonly store: EvidenceStore;
  readonly bucket: string;
  readonly signer: Signer;
  readonly tell: TellOfficer;
  readonly policy: Policy;
  readonly policyText: string;
  readonly keyLists: PackSources['keyLists'];
  readonly keyUse: PackSources['keyUse'];
  readonly renderPage: (data: PackData) => string;
  readonly account: string;
  readonly region: string;
  readonly version: string;
  /** Name of the function. */
  readonly by: string;
  /** Folder for files that nobody needs afterwards. */
  readonly folder: string;
  readonly clock: () => Date;
}

/** What became of an order to make a pack. */
export type ReportResult =
  | ({ readonly status: 'made' } & MadeReport)
  | { readonly status: 'already-made'; readonly message: string }
  | { readonly status: 'refused'; readonly message: string };

const EXPECTED =
  'Send { "from": "2026-07-01", "to": "2026-10-01", "requestedBy": "<who>" (optional) }: days or times in UTC, "to" not included; or { "monthly": {} } for the month before this one.';

const orderSchema = z.union([
  z.strictObject({ monthly: z.strictObject({}) }),
  z.strictObject({ from: z.string(), to: z.string(), requestedBy: z.string().trim().min(1).max(256).optional() }),
]);

type Order = z.infer<typeof orderSchema>;

/**
 * Makes an evidence pack, puts it into the evidence bucket, tells the officer, and records that it was made, in this order: a
 * crash in between makes it anew, and loses neither the pack nor the message.
 *
 * @param input `{ from, to, requestedBy? }` or `{ monthly: {} }`, unchecked
 * @param orderId the same for every attempt at one order
 * @returns `refused` with a sentence that says what to send, for bad input; never throws for it
 * @throws what AWS throws when it cannot answer now
 */
export async function makeReport(
  reporter: Reporter,
  input: unknown,
  orderId: string,
  writer: Writer,
): Promise<ReportResult> {
  const parsed = orderSchema.safeParse(input);
  if (!parsed.success) return { status: 'refused', message: `${JSON.stringify(input)} is no order. ${EXPECTED}` };
  const order = parsed.data;
  const window = chooseWindow(order, reporter.clock());
  if ('refused' in window) return { status: 'refused', message: `${window.refused} ${EXPECTED}` };
  const eventId = 'monthly' in order ? `report-month-${window.from.slice(0, 7)}` : `report-${orderId}`;
  if ((await reporter.ledger.look(eventId, REPORTS, [])).work !== undefined) {
    return {
      status: 'already-made',
      message: `This pack was made before (${eventId}). See: keywarden ledger show ${REPORTS}`,
    };
  }
  const by = 'requestedBy' in order ? `${reporter.by} for ${order.requestedBy}` : reporter.by;
  const now = reporter.clock().getTime();
  await removeLeftovers(reporter.folder, now);
  const folder = await mkdtemp(join(reporter.folder, `${PREFIX}${now}-`));
  try {
    return await makeIn(folder, reporter, window, { eventId, by }, writer);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PREFIX = 'keywarden-report-';

/** No run of a function lasts longer. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LONGEST_RUN = 900_000;

/**
 * A run that was ended from outside leaves its files, and the next one in the same place would have no room. Those of a run
 * that may still go on stay: elsewhere than in Lambda several may share a folder.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (a reset does not clear /tmp)
 */
async function removeLeftovers(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const begun = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (begun !== undefined && Number(begun) + LONGEST_RUN <= now) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

function chooseWindow(order: Order, now: Date): TimeWindow | { readonly refused: string } {
  if ('monthly' in order) return lastMonth(now);
  try {
    return readWindow(order, now);
  } catch (error) {
    if (error instanceof WindowError) return { refused: error.message };
    throw error;
  }
}

async function makeIn(
  folder: string,
  reporter: Reporter,
  window: TimeWindow,
  { eventId, by }: { readonly eventId: string; readonly by: string },
  writer: Writer,
): Promise<ReportResult> {
  const pack = await writePack(
    {
      ...reporter,
      ...(await readAnchors(reporter.source, reporter.store)),
      window,
      generator: describeGenerator(reporter, window, by),
    },
    join(folder, 'pack'),
    reporter,
  );
  const archive = join(folder, 'pack.zip');
  await zipPack(join(folder, 'pack'), pack, archive);
  const report = await keepPack(reporter, pack, folder, archive);
  await reporter.tell(writeReportMessage(report, reporter));
  const { object, manifestSha256 } = report;
  const draft = { type: 'report', report: { window, manifestSha256, object, by } } as const;
  await recordNote(reporter.ledger, { subject: REPORTS, eventId, draft }, writer);
  return { status: 'made', ...report };
}

const describeGenerator = ({ account, region, version, source, clock }: Reporter, window: TimeWindow, by: string) => ({
  ...({ name: 'keywarden', version, by, at: clock().toISOString() } as const),
  source: `table ${source.name} of account ${account}, ${region}`,
  query: `every entry of the ledger; of the window from ${window.from}, before ${window.to}, are actions by when they happened, and everything else by when it was recorded`,
});

/** The manifest and its signature lie beside the archive too, so that what it must be is known without unpacking it. */
async function keepPack(
  { store, bucket }: Reporter,
  pack: WrittenPack,
  folder: string,
  archive: string,
): Promise<MadeReport> {
  const { data, manifestSha256, signature, paths } = pack;
  const zip = await readFile(archive);
  const zipSha256 = createHash('sha256').update(zip).digest('hex');
  // By the archive and not by the manifest: ECDSA signs the same manifest differently each time.
  const prefix = `reports/${nameWindow(data.window)}_${zipSha256.slice(0, 12)}`;
  const object = `${prefix}/keywarden_${nameWindow(data.window)}.zip`;
  const put = async (name: string, body: Uint8Array, type: string) => {
    if ((await store.put(name, body, type)) !== 'different') return;
    throw new Error(
      `The evidence bucket ${bucket} has another object with the name ${name}; find out who put it there.`,
    );
  };
  await put(object, zip, 'application/zip');
  await put(`${prefix}/${MANIFEST}`, await readFile(join(folder, 'pack', MANIFEST)), 'application/json');
  if (paths.includes(SIGNATURE)) {
    await put(`${prefix}/${SIGNATURE}`, await readFile(join(folder, 'pack', SIGNATURE)), 'application/octet-stream');
  }
  return {
    ...{ window: data.window, bucket, object, zipSha256, manifestSha256 },
    ...('missing' in signature ? { unsigned: signature.missing } : {}),
    ledger: data.integrity.state,
    complete: data.coverage.complete,
    openFindings: data.findings.atEnd,
    actions: data.populations.find(({ id }) => id === 'actions')?.total ?? 0,
    inventory: data.inventory.flatMap(describeInventory),
  };
}

function describeInventory(one: InventoryEquation): readonly string[] {
  const where = `Keys of account ${one.account}, ${one.region}`;
  if (!one.looked) return [`${where}: ${one.reason}`];
  const count = one.differences.length + one.differencesLeft;
  return one.balanced
    ? []
    : [`${where}: the keys at the start, made and destroyed are not those at the end; ${count} differ.`];
}
