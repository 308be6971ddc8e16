import type { KeyAction } from '../../event/key-action.ts';
import { fieldOf, isObject, type JsonObject } from '../../event/plain-json.ts';
import { type Fact, known, type Trail, type TrailSelectors, unread } from '../../facts/key-facts.ts';
import { readKmsEvents } from '../../facts/trail-selectors.ts';

const untold = (what: string): Fact<never> => unread(`no record in these files tells ${what}`);

const isLogging = untold('whether the trail is logging');
const whatItTakes = untold('which events the trail takes');

/**
 * Adds a succeeded action on a trail to what is known of it.
 *
 * @param before undefined for a trail that no record told of yet
 * @param action of CloudTrail, whose subject is that trail
 * @returns undefined when the trail was deleted
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
 */
export function addToTrail(before: Trail | undefined, action: KeyAction): Trail | undefined {
  const trail = before ?? startTrail(action);
  switch (action.api) {
    case 'DeleteTrail':
      return undefined;
    case 'CreateTrail':
      // It takes all management events and logs nothing until it is told to.
      return {
        ...describe(startTrail(action), action),
        logging: known(false),
        kmsEvents: known({ reads: true, writes: true }),
      };
    case 'UpdateTrail':
      return describe(trail, action);
    case 'StartLogging':
      return { ...trail, logging: known(true) };
    case 'StopLogging':
      return { ...trail, logging: known(false) };
    case 'PutEventSelectors':
      return withSelectors(trail, action.request);
    default:
      return trail;
  }
}

/** A trail of which nobody knows whether it records all Regions is not counted as one that does. */
const startTrail = ({ subject, region }: KeyAction): Trail => ({
  arn: subject,
  homeRegion: region,
  multiRegion: false,
  organization: false,
  logging: isLogging,
  kmsEvents: whatItTakes,
});

/** The answer says all settings, the request those that were set. */
function describe(trail: Trail, { request, response }: KeyAction): Trail {
  const flag = (name: string, before: boolean): boolean => {
    const value = fieldOf(response, name) ?? fieldOf(request, name);
    return typeof value === 'boolean' ? value : before;
  };
  return {
    ...trail,
    multiRegion: flag('isMultiRegionTrail', trail.multiRegion),
    organization: flag('isOrganizationTrail', trail.organization),
  };
}

/** CloudTrail's records write the fields of a selector with a small first letter. */
function withSelectors({ selectors: _before, ...trail }: Trail, request: JsonObject): Trail {
  const [basic, advanced] = [
    listSelectors(request, 'eventSelectors'),
    listSelectors(request, 'advancedEventSelectors'),
  ];
  if (basic === undefined && advanced === undefined) return { ...trail, kmsEvents: whatItTakes };
  const selectors: TrailSelectors = {
    ...(basic === undefined ? {} : { basic }),
    ...(advanced === undefined ? {} : { advanced }),
  };
  return { ...trail, selectors, kmsEvents: readKmsEvents(selectors) };
}

function listSelectors(request: JsonObject, name: string): readonly JsonObject[] | undefined {
  const list = fieldOf(request, name);
  return Array.isArray(list) && list.length > 0
    ? list.map(spellLikeApi).filter((one): one is JsonObject => isObject(one))
    : undefined;
}

function spellLikeApi(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spellLikeApi);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.slice(0, 1).toUpperCase() + name.slice(1), spellLikeApi(inner)]),
  );
}

/**
 * The trails of an account that record a Region, as far as the files tell; and one that stands for those that no record
 * changed: there may be any number of them, so that "nothing records it" is never sure.
 */
export function listTrails(trails: Iterable<Trail>, { account, region }: KeyAction): readonly Trail[] {
  const told = [...trails].filter(({ arn, homeRegion, multiRegion }) => {
    const isSame = arn.split(':')[4] === account;
    return isSame && (multiRegion || homeRegion === region);
  });
  return [...told.sort((one, other) => (one.arn < other.arn ? -1 : 1)), otherTrails(account, region)];
}

const otherTrails = (account: string, region: string): Trail => ({
  arn: `arn:aws:cloudtrail:${region}:${account}:trail/that-no-record-tells-of`,
  homeRegion: region,
  multiRegion: true,
  organization: false,
  logging: unread('these files do not tell of trails that nobody changed in their time'),
  kmsEvents: whatItTakes,
});
