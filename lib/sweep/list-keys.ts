import { ListKeysCommand } from '@aws-sdk/client-kms';
import { readOpenFindings } from '../ledger/read.ts';
import type { SweepContext } from './context.ts';
import type { SweepMessage } from './message.ts';
import { addPage, crossOff, markListed, markSent, type Page, readPages, type Sweep } from './store.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html */
const PAGE = 1000;
/** Keys in one message: few enough to be done in seconds, and enough to be worth an invocation. */
const CHUNK = 10;

/** How far the list is. */
interface Listing {
  readonly seen: Set<string>;
  last: Page | undefined;
  listed: number;
  vanished: number;
}

/**
 * Lists all keys, page by page, and sends the messages about them; then the keys that KMS does not list any more and that have
 * something to be closed: those of the sweep before, and those with open findings. Goes on where an earlier attempt stopped:
 * a page is on record before its messages are sent, and marked when they are.
 *
 * @returns the sweep with its list whole; undefined when the time was too short, so that another attempt must go on
 * @throws what AWS throws; the next attempt goes on
 */
export async function listKeys(context: SweepContext, sweep: Sweep): Promise<Sweep | undefined> {
  const listing = await readListing(context, sweep);
  while (listing.last === undefined || (listing.last.kind === 'listed' && listing.last.next !== undefined)) {
    if (context.outOfTime()) return undefined;
    await takePage(context, sweep, listing, await askKms(context, listing.last));
  }
  for await (const keys of inPages(findGone(context, sweep, listing.seen))) {
    if (context.outOfTime()) return undefined;
    await takePage(context, sweep, listing, { page: listing.last.page + 1, kind: 'gone', keys });
  }
  const { listed, vanished } = listing;
  return markListed(context.table, sweep.id, { pages: listing.last.page, listed, vanished });
}

/** What earlier attempts did. A page whose messages were perhaps not all sent has them sent again. */
async function readListing(context: SweepContext, sweep: Sweep): Promise<Listing> {
  const listing: Listing = { seen: new Set(), last: undefined, listed: 0, vanished: 0 };
  for await (const page of readPages(context.table, sweep.id)) {
    note(listing, page);
    if (page.sent !== true) await sendPage(context, sweep, page);
  }
  return listing;
}

function note(listing: Listing, page: Page): void {
  for (const key of page.keys) listing.seen.add(key);
  if (page.kind === 'listed') listing.listed += page.keys.length;
  else listing.vanished += page.keys.length;
  listing.last = page;
}

async function takePage(context: SweepContext, sweep: Sweep, listing: Listing, page: Page): Promise<void> {
  const fresh = { ...page, keys: page.keys.filter((key) => !listing.seen.has(key)) };
  if (!(await addPage(context.table, sweep, fresh))) {
    throw new Error(`Page ${page.page} of sweep ${sweep.id} was listed by another invocation at the same time.`);
  }
  await sendPage(context, sweep, fresh);
  note(listing, fresh);
}

/** KMS may have forgotten where an old list went on: then it begins anew, and what is known is left out. */
async function askKms({ kms }: SweepContext, last: Page | undefined): Promise<Page> {
  const page = (last?.page ?? 0) + 1;
  const ask = async (Marker: string | undefined): Promise<Page> => {
    const { Keys = [], Truncated, NextMarker } = await kms.send(new ListKeysCommand({ Limit: PAGE, Marker }));
    const keys = Keys.flatMap(({ KeyArn }) => KeyArn ?? []);
    return {
      page,
      kind: 'listed',
      keys,
      ...(Truncated === true && NextMarker !== undefined ? { next: NextMarker } : {}),
    };
  };
  try {
    return await ask(last?.next);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'InvalidMarkerException') throw error;
    return ask(undefined);
  }
}

async function sendPage({ table, send }: SweepContext, sweep: Sweep, { page, kind, keys }: Page): Promise<void> {
  const chunks = Math.ceil(keys.length / CHUNK);
  const messages = Array.from({ length: chunks }, (_, chunk): SweepMessage => {
    const arns = keys.slice(chunk * CHUNK, (chunk + 1) * CHUNK);
    return { keys: { sweep: sweep.id, page, chunk, chunks, kind, arns } };
  });
  await send(messages);
  if (chunks === 0) await crossOff(table, sweep, { page, chunks });
  await markSent(table, sweep.id, page);
}

/** Keys that were there before, and that KMS does not list now. */
async function* findGone(
  { table, ledgerTable, pipeline: { account, region } }: SweepContext,
  { previous }: Sweep,
  seen: ReadonlySet<string>,
): AsyncGenerator<string> {
  const told = new Set<string>();
  const isNew = (arn: string) => !seen.has(arn) && !told.has(arn) && told.add(arn) !== undefined;
  if (previous !== undefined) {
    for await (const { kind, keys } of readPages(table, previous)) {
      if (kind === 'listed') yield* keys.filter(isNew);
    }
  }
  for await (const { subject } of readOpenFindings(ledgerTable)) {
    if (isOurKey(subject, account, region) && isNew(subject)) yield subject;
  }
}

function isOurKey(subject: string, account: string, region: string): boolean {
  const [arn, , service, ofRegion, ofAccount, resource = ''] = subject.split(':');
  return (
    arn === 'arn' && service === 'kms' && ofRegion === region && ofAccount === account && resource.startsWith('key/')
  );
}

async function* inPages(keys: AsyncIterable<string>): AsyncGenerator<string[]> {
  let page: string[] = [];
  for await (const key of keys) {
    page.push(key);
    if (page.length === PAGE) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}
