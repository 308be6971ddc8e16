import { createPublicKey, type KeyObject } from 'node:crypto';
import { type CloudTrailClient, ListPublicKeysCommand } from '@aws-sdk/client-cloudtrail';

/**
 * Gives the public keys that CloudTrail signed digests with between two times, by their fingerprints. Each Region has its own.
 *
 * @returns it throws what CloudTrail throws
 */
export type ReadPublicKeys = (region: string, from: Date, to: Date) => Promise<ReadonlyMap<string, KeyObject>>;

/**
 * @param clientOf gives the client of a Region
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
 */
export const createPublicKeyReader =
  (clientOf: (region: string) => CloudTrailClient): ReadPublicKeys =>
  async (region, StartTime, EndTime) => {
    const keys = new Map<string, KeyObject>();
    let token: string | undefined;
    do {
      const page = await clientOf(region).send(
        new ListPublicKeysCommand({ StartTime, EndTime, ...(token === undefined ? {} : { NextToken: token }) }),
      );
      for (const { Fingerprint, Value } of page.PublicKeyList ?? []) {
        if (Fingerprint === undefined || Value === undefined) continue;
        keys.set(Fingerprint, createPublicKey({ key: Buffer.from(Value), type: 'pkcs1', format: 'der' }));
      }
      token = page.NextToken;
    } while (token !== undefined);
    return keys;
  };
