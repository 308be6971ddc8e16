import { type CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';

/** What Event history can be asked in one call: one attribute, in one Region. */
export interface LookupQuery {
  readonly region: string;
  readonly attribute: { readonly key: 'EventName' | 'EventSource' | 'ReadOnly'; readonly value: string };
  /** Both count. */
  readonly from: Date;
  readonly to: Date;
  /** That of the page before. */
  readonly token?: string;
}

/** One page of Event history, the newest event first. */
export interface LookupPage {
  /** The records as JSON texts; undefined for an event that came without its record. */
  readonly records: readonly { readonly eventId: string; readonly text: string | undefined }[];
  readonly token?: string;
}

/** Reads one page; throws what CloudTrail throws. */
export type LookUp = (query: LookupQuery) => Promise<LookupPage>;

/** The most that CloudTrail puts on a page. */
const PAGE = 50;

/**
 * Makes the function that reads pages of CloudTrail's Event history: management events of the last 90 days, of one Region.
 *
 * @param clientOf gives the client of a Region
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
export const createLookUp =
  (clientOf: (region: string) => CloudTrailClient): LookUp =>
  async ({ region, attribute, from, to, token }) => {
    const { Events = [], NextToken } = await clientOf(region).send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey: attribute.key, AttributeValue: attribute.value }],
        StartTime: from,
        EndTime: to,
        MaxResults: PAGE,
        ...(token === undefined ? {} : { NextToken: token }),
      }),
    );
    return {
      records: Events.map(({ EventId = 'unknown', CloudTrailEvent }) => ({ eventId: EventId, text: CloudTrailEvent })),
      ...(NextToken === undefined ? {} : { token: NextToken }),
    };
  };
