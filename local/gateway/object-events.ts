import { randomUUID } from 'node:crypto';
import type { Answer } from './call.ts';
import type { Delivery } from './delivery.ts';
import { askS3, type CreatedObject } from './s3-call.ts';

/** Tells EventBridge of new objects, as S3 does. */
export type ObjectEvents = {
  /**
   * Puts the event on the bus if the bucket sends its events to EventBridge. Call it after the object was created.
   *
   * @param requester account or service that put the object there
   */
  tell(object: CreatedObject & { region: string; requester: string; requestId: string }): Promise<void>;
};

/** What telling needs. */
export type ObjectEventsOptions = { motoUrl: string; delivery: Delivery; clock: () => Date };

/**
 * Makes the part of S3 that tells EventBridge: moto tells its own, which delivers otherwise than EventBridge does
 * (`delivery.ts`), and without some fields.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function createObjectEvents({ motoUrl, delivery, clock }: ObjectEventsOptions): ObjectEvents {
  let count = 0;
  return {
    async tell({ bucket, key, reason, region, requester, requestId }) {
      const ask = { motoUrl, region, bucket };
      const notification = await askS3({ ...ask, method: 'GET', query: 'notification' });
      if (!notification.body.includes('<EventBridgeConfiguration')) return;
      const [head, location] = [
        await askS3({ ...ask, key, method: 'HEAD' }),
        await askS3({ ...ask, method: 'GET', query: 'location' }),
      ];
      count += 1;
      delivery.put({
        detailType: 'Object Created',
        source: 'aws.s3',
        region: readLocation(location),
        time: clock(),
        resources: [`arn:aws:s3:::${bucket}`],
        detail: {
          version: '0',
          bucket: { name: bucket },
          object: describeObject(head, key, count),
          'request-id': requestId === '' ? randomUUID() : requestId,
          requester,
          'source-ip-address': '192.0.2.1',
          reason,
        },
        cause: { service: 's3', operation: reason, principal: requester },
      });
    },
  };
}

/** A bucket in us-east-1 has no location constraint. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
const readLocation = ({ body }: Answer): string =>
  /<LocationConstraint[^>]*>([a-z0-9-]+)</.exec(body.toString())?.[1] ?? 'us-east-1';

function describeObject(head: Answer, key: string, count: number) {
  const textOf = (name: string) => String(head.headers[name] ?? '');
  const version = textOf('x-amz-version-id');
  return {
    key,
    size: Number(textOf('content-length')),
    etag: textOf('etag').replaceAll('"', ''),
    // Only a bucket with versions has them.
    ...(version === '' || version === 'null' ? {} : { 'version-id': version }),
    // Later ones of one key sort after earlier ones.
    sequencer: count.toString(16).padStart(18, '0').toUpperCase(),
  };
}
