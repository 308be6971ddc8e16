import { type GrantListEntry, type KMSClient, ListGrantsCommand } from '@aws-sdk/client-kms';
import grantLeastPrivilege from '../controls/grant-least-privilege.ts';
import type { KeyAction } from '../event/key-action.ts';
import { attemptRead } from '../facts/attempt-read.ts';
import { type Fact, factsUnread, type KeyDescription, type KeyFacts, known, unread } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { presetFacts } from '../facts/preset-reader.ts';
import { type Grant, readListedGrant } from '../iam/grant.ts';
import type { Finding } from '../ledger/finding.ts';
import { readFindings, readNewest } from '../ledger/read.ts';
import type { SweepContext } from './context.ts';
import { countVerdicts, judgeQuietly } from './judge-quietly.ts';
import { addTallies, NO_TALLY, putWalk, type Sweep, type Tally, type Walk } from './store.ts';
import { toSweepAction } from './sweep-action.ts';

/** The most that KMS gives: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html */
const PAGE = 100;

/** Who made a grant stands in the record of its making; what is older than so many entries is not looked at. */
const MOST_ENTRIES = 5_000;

/**
 * The record of a new grant says more about who made it than KMS does, and comes within minutes: what is younger is left to it.
 * CloudTrail takes five minutes on average. Milliseconds.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
 */
const YOUNG = 15 * 60_000;

/** One page of the grants of a key. */
export interface GrantPage {
  readonly entries: readonly GrantListEntry[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/**
 * Lists one page of the grants of a key.
 *
 * @param marker where it begins; absent for the first page. When KMS does not know it any more, the first page comes
 * @throws {TransientReadError} with `throw`
 */
export function listGrants(
  kms: KMSClient,
  arn: string,
  marker: string | undefined,
  onTransient: 'throw' | 'unread',
): Promise<Fact<GrantPage>> {
  const ask = async (Marker: string | undefined): Promise<GrantPage> => {
    const {
      Grants = [],
      Truncated,
      NextMarker,
    } = await kms.send(new ListGrantsCommand({ KeyId: arn, Limit: PAGE, Marker }));
    return { entries: Grants, ...(Truncated === true && NextMarker !== undefined ? { next: NextMarker } : {}) };
  };
  return attemptRead<GrantPage>({ arn, onTransient }, 'ListGrants', known({ entries: [] }), async () => {
    const page = await ask(marker).catch((error: unknown) => {
      if (marker === undefined || !(error instanceof Error) || error.name !== 'InvalidMarkerException') throw error;
      return ask(undefined);
    });
    return () => known(page);
  });
}

/** The grants of one key, and where to begin. */
export interface GrantWalk {
  readonly key: KeyDescription;
  /** The first page to look at, listed already. */
  readonly page: GrantPage;
  /** What was counted before it. */
  readonly tally: Tally;
}

/** What a walk came to: the sums, or how far it is when the time was too short. */
export type Walked =
  | { readonly kind: 'done'; readonly tally: Tally }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'unread'; readonly reason: string; readonly tally: Tally };

/**
 * Judges every grant of a key, page by page. Only what is wrong, or was found wrong before, goes through the pipeline: the others
 * cost a judgement and no call. How far it is, is on record after every page.
 *
 * @throws as `judgeQuietly` does
 */
export async function walkGrants(
  context: SweepContext,
  sweep: Sweep,
  { key, page: first, tally: before }: GrantWalk,
): Promise<Walked> {
  const { kms, delivery, table } = context;
  const live = await readLive(context, key.arn);
  let tally = before;
  let page = first;
  for (;;) {
    tally = addTallies(tally, await judgePage(context, sweep, key, page, live));
    if (page.next === undefined) break;
    const calls = context.counter.soFar();
    const walk: Walk = { marker: page.next, tally: addTallies(tally, { ...NO_TALLY, calls }) };
    await putWalk(table, sweep, key.arn, walk);
    if (context.outOfTime()) return { kind: 'stopped' };
    const listed = await listGrants(kms, key.arn, page.next, delivery.last ? 'unread' : 'throw');
    if (!listed.known) return { kind: 'unread', reason: listed.reason, tally };
    page = listed.value;
  }
  // Not seen in this part of the walk: each is looked up by its id, and closed if it is gone.
  for (const id of live.keys()) tally = addTallies(tally, await judgeMissing(context, sweep, key, id));
  return { kind: 'done', tally };
}

/** Findings about grants of this key that are not resolved, by grant id. */
async function readLive({ ledgerTable }: SweepContext, arn: string): Promise<Map<string, Finding>> {
  const live = new Map<string, Finding>();
  for await (const finding of readFindings(ledgerTable, arn, `${grantLeastPrivilege.id}#`)) {
    if (finding.item !== undefined && finding.status !== 'resolved') live.set(finding.item, finding);
  }
  return live;
}

async function judgePage(
  context: SweepContext,
  sweep: Sweep,
  key: KeyDescription,
  { entries }: GrantPage,
  live: Map<string, Finding>,
): Promise<Tally> {
  const { pipeline } = context;
  const now = pipeline.clock();
  let tally: Tally = { ...NO_TALLY, grants: entries.length };
  const suspects = new Map<string, Fact<Grant>>();
  for (const entry of entries) {
    const grant = readEntry(entry, key.arn);
    const id = entry.GrantId ?? '';
    const { verdict } = verify(context, key, id, grant);
    const isBad = verdict === 'violation' || verdict === 'unknown';
    const wasFound = live.delete(id);
    const isYoung = now.getTime() - (entry.CreationDate?.getTime() ?? 0) < YOUNG;
    if (wasFound || (isBad && !isYoung)) suspects.set(id, grant);
    else tally = addTallies(tally, countVerdicts(isBad ? [] : [{ verdict }]));
  }
  const deeds = await findDeeds(context, key.arn, suspects);
  for (const [id, grant] of suspects) {
    tally = addTallies(tally, await judgeGrant(context, sweep, key, id, grant, deeds.get(id)));
  }
  return tally;
}

function readEntry(entry: GrantListEntry, arn: string): Fact<Grant> {
  try {
    return known(readListedGrant(entry, arn));
  } catch (error) {
    return unread(`it could not be read: ${showText(String(error))}`);
  }
}

/** What the control says of a grant as it is listed, without who made it. */
function verify({ pipeline }: SweepContext, key: KeyDescription, item: string, grant: Fact<Grant>) {
  const { policy, selfRoleArns: ownRoles, ownResources, clock } = pipeline;
  const facts: KeyFacts = { ...factsUnread('it was not read'), key: known(key), grant };
  return grantLeastPrivilege.verify({ policy, now: clock(), ownRoles, ownResources, item, facts });
}

/** The records of the making of grants: only they tell whether a service made it for itself. */
async function findDeeds(
  { ledgerTable }: SweepContext,
  arn: string,
  wanted: ReadonlyMap<string, unknown>,
): Promise<ReadonlyMap<string, KeyAction>> {
  const deeds = new Map<string, KeyAction>();
  if (wanted.size === 0) return deeds;
  for await (const entry of readNewest(ledgerTable, arn, MOST_ENTRIES)) {
    if (entry?.type !== 'action' || entry.action.api !== 'CreateGrant' || entry.action.outcome !== 'succeeded')
      continue;
    const { grantId } = entry.action.response;
    if (typeof grantId === 'string' && wanted.has(grantId)) deeds.set(grantId, entry.action);
    if (deeds.size === wanted.size) break;
  }
  return deeds;
}

function judgeGrant(
  context: SweepContext,
  sweep: Sweep,
  key: KeyDescription,
  id: string,
  grant: Fact<Grant>,
  deed: KeyAction | undefined,
): Promise<Tally> {
  const { pipeline, delivery } = context;
  const base = pipeline.factsOf(key.arn, delivery.last ? 'unread' : 'throw', id);
  const reader = presetFacts(base, { key: async () => known(key), grant: async () => grant });
  return judgeQuietly(context, toSweepAction(pipeline, sweep, key.arn, id), reader, {
    kind: 'sweep',
    control: grantLeastPrivilege.id,
    item: id,
    ...(deed === undefined ? {} : { deed }),
    ...(sweep.baseline ? { baseline: sweep.id } : {}),
  });
}

/** One look-up by its id: it may also stand on a page that an earlier part of the walk looked at. */
async function judgeMissing(context: SweepContext, sweep: Sweep, key: KeyDescription, id: string): Promise<Tally> {
  const { pipeline, delivery } = context;
  const base = pipeline.factsOf(key.arn, delivery.last ? 'unread' : 'throw', id);
  const { grant } = await base.read(['grant']);
  if (!grant.known || grant.value !== 'missing') return NO_TALLY;
  const reader = presetFacts(base, { key: async () => known(key) });
  return judgeQuietly(context, toSweepAction(pipeline, sweep, key.arn, id), reader, {
    kind: 'sweep',
    control: grantLeastPrivilege.id,
    item: id,
  });
}

/** Closes what is open about the grants of a key that is gone: they went with it. */
export async function closeGrants(context: SweepContext, sweep: Sweep, arn: string): Promise<Tally> {
  const { pipeline, delivery } = context;
  let tally = NO_TALLY;
  for (const id of (await readLive(context, arn)).keys()) {
    const base = pipeline.factsOf(arn, delivery.last ? 'unread' : 'throw', id);
    const reader = presetFacts(base, { key: async () => known('missing' as const) });
    const order = { kind: 'sweep', control: grantLeastPrivilege.id, item: id } as const;
    tally = addTallies(tally, await judgeQuietly(context, toSweepAction(pipeline, sweep, arn, id), reader, order));
  }
  return tally;
}
