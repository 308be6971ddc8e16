import { answerJson } from './answer.ts';
import type { Answer, AwsCall } from './call.ts';
import type { LogDelivery } from './log-delivery.ts';

/**
 * Answers ListPublicKeys, which moto does not have: the keys that the digests of this Region are signed with. They are valid
 * from the year 2000 on, so that a clock of a test may be anywhere.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
 */
export function answerPublicKeys({ region, input }: AwsCall, { keyOf }: LogDelivery): Answer {
  const { fingerprint, publicKey } = keyOf(region);
  const [from, to] = [Date.UTC(2000) / 1000, Date.UTC(2100) / 1000];
  const isAsked = Number(input.StartTime ?? from) <= to && Number(input.EndTime ?? to) >= from;
  const key = {
    Fingerprint: fingerprint,
    Value: publicKey.toString('base64'),
    ValidityStartTime: from,
    ValidityEndTime: to,
  };
  return answerJson({ PublicKeyList: isAsked ? [key] : [] });
}
