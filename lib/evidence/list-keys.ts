import {
  DescribeKeyCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  type ListKeysCommandOutput,
} from '@aws-sdk/client-kms';
import { sortFailure } from '../aws/failure.ts';
import { type InventoryLine, toInventoryLine, type UnreadLine } from './inventory-line.ts';
import { mapAhead } from './map-ahead.ts';

/** What keys are listed with. */
export interface KeyLister {
  readonly kms: KMSClient;
  readonly clock: () => Date;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/**
 * DescribeKey is limited to 2,000 a second in the whole account and Region; this is a tenth, so that 100,000 keys take nine
 * minutes. https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
 */
const MOST_PER_SECOND = 200;
const AT_A_TIME = 16;
/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html */
const PAGE = 1000;

/**
 * Every key of the account in the Region of the client, AWS managed keys included, in the order in which KMS lists them.
 *
 * @throws what KMS throws when the keys cannot be listed; a key that cannot be described is a line that says so
 */
export async function* listKeys(lister: KeyLister): AsyncGenerator<InventoryLine | UnreadLine> {
  const aliases = await readAliases(lister.kms);
  const waitForTurn = paceCalls(lister);
  yield* mapAhead(listArns(lister.kms), AT_A_TIME, async ({ id, arn }) => {
    await waitForTurn();
    try {
      const { KeyMetadata } = await lister.kms.send(new DescribeKeyCommand({ KeyId: arn }));
      return toInventoryLine(KeyMetadata, aliases.get(id) ?? []);
    } catch (error) {
      return { arn, unread: sortFailure(error).reason };
    }
  });
}

async function* listArns(kms: KMSClient): AsyncGenerator<{ readonly id: string; readonly arn: string }> {
  let marker: string | undefined;
  do {
    const page: ListKeysCommandOutput = await kms.send(new ListKeysCommand({ Limit: PAGE, Marker: marker }));
    for (const { KeyId, KeyArn } of page.Keys ?? []) {
      if (KeyId !== undefined && KeyArn !== undefined) yield { id: KeyId, arn: KeyArn };
    }
    marker = page.Truncated === true ? page.NextMarker : undefined;
  } while (marker !== undefined);
}

/** All aliases at once: by key it would be one more call for each. https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html */
async function readAliases(kms: KMSClient): Promise<ReadonlyMap<string, readonly string[]>> {
  const aliases = new Map<string, string[]>();
  let marker: string | undefined;
  do {
    const page = await kms.send(new ListAliasesCommand({ Limit: 100, Marker: marker }));
    for (const { AliasName, TargetKeyId } of page.Aliases ?? []) {
      if (AliasName === undefined || TargetKeyId === undefined) continue;
      const names = aliases.get(TargetKeyId);
      if (names === undefined) aliases.set(TargetKeyId, [AliasName]);
      else names.push(AliasName);
    }
    marker = page.Truncated === true ? page.NextMarker : undefined;
  } while (marker !== undefined);
  return aliases;
}

/** Lets one call begin every few milliseconds. */
function paceCalls({ clock, pause }: Pick<KeyLister, 'clock' | 'pause'>): () => Promise<void> {
  let next = 0;
  return async () => {
    const now = clock().getTime();
    const turn = Math.max(now, next);
    next = turn + 1000 / MOST_PER_SECOND;
    if (turn > now) await pause(turn - now);
  };
}
