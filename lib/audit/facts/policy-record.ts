import { findIamItem } from '../../event/iam-subject.ts';
import type { KeyAction } from '../../event/key-action.ts';
import { fieldOf, objectOf, textOf } from '../../event/plain-json.ts';
import { type Fact, type IamPolicy, known, unread } from '../../facts/key-facts.ts';
import { decodeDocument } from '../../iam/decode-document.ts';

/** What the records so far tell of one managed policy of the account. */
export interface PolicyRecord {
  /** CreatePolicy is among the records, so that they tell everybody who has it. */
  readonly created: boolean;
  readonly gone: boolean;
  /** By version id. IAM keeps five. */
  readonly versions: ReadonlyMap<string, string>;
  readonly defaultVersion?: string;
  /** ARNs without paths. */
  readonly attachedTo: ReadonlySet<string>;
}

const EMPTY_POLICY: PolicyRecord = { created: false, gone: false, versions: new Map(), attachedTo: new Set() };

/**
 * Adds a succeeded action on a managed policy to what is known of it.
 *
 * @param action of IAM, whose subject is that policy
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
 */
export function addToPolicy(before: PolicyRecord | undefined, action: KeyAction): PolicyRecord {
  const record = before ?? EMPTY_POLICY;
  const { api, request, response } = action;
  const document = readDocument(request);
  switch (api) {
    case 'CreatePolicy': {
      const version = textOf(objectOf(response, 'policy'), 'defaultVersionId') ?? 'v1';
      return {
        ...EMPTY_POLICY,
        created: true,
        versions: new Map(document === undefined ? [] : [[version, document]]),
        defaultVersion: version,
      };
    }
    case 'CreatePolicyVersion':
      return addVersion(record, action, document);
    case 'SetDefaultPolicyVersion': {
      const version = textOf(request, 'versionId');
      return version === undefined ? record : { ...record, defaultVersion: version };
    }
    case 'DeletePolicyVersion':
      return { ...record, versions: without(record.versions, textOf(request, 'versionId')) };
    case 'DeletePolicy':
      return { ...EMPTY_POLICY, gone: true };
    default:
      return changeHolders(record, action);
  }
}

function addVersion(
  record: PolicyRecord,
  { request, response }: KeyAction,
  document: string | undefined,
): PolicyRecord {
  const made = objectOf(response, 'policyVersion');
  const version = textOf(made, 'versionId');
  const isDefault = fieldOf(request, 'setAsDefault') === true || fieldOf(made, 'isDefaultVersion') === true;
  const name = version ?? 'the version that was made last';
  const { defaultVersion: before, ...rest } = record;
  const versions = document === undefined ? record.versions : new Map([...record.versions, [name, document]]);
  return {
    ...rest,
    versions,
    ...(isDefault ? { defaultVersion: name } : before === undefined ? {} : { defaultVersion: before }),
  };
}

const without = <T>(map: ReadonlyMap<string, T>, name: string | undefined): ReadonlyMap<string, T> =>
  new Map([...map].filter(([one]) => one !== name));

function readDocument(request: KeyAction['request']): string | undefined {
  const document = fieldOf(request, 'policyDocument');
  return typeof document === 'string' ? decodeDocument(document) : undefined;
}

function changeHolders(record: PolicyRecord, action: KeyAction): PolicyRecord {
  const [, verb, type = ''] = /^(Attach|Detach)(Role|User|Group)Policy$/.exec(action.api) ?? [];
  const name = textOf(action.request, `${type.toLowerCase()}Name`);
  if (verb === undefined || name === undefined) return record;
  const partition = action.subject.split(':')[1] ?? 'aws';
  const holder = `arn:${partition}:iam::${action.account}:${type.toLowerCase()}/${name}`;
  const attachedTo = new Set(record.attachedTo);
  if (verb === 'Attach') attachedTo.add(holder);
  else attachedTo.delete(holder);
  return { ...record, attachedTo };
}

/** What the records tell of a managed policy of the account, as it is in force. */
export function describePolicy(record: PolicyRecord | undefined): Fact<IamPolicy | 'missing'> {
  if (record?.gone === true) return known('missing');
  const document = record?.defaultVersion === undefined ? undefined : record.versions.get(record.defaultVersion);
  if (record === undefined || document === undefined) {
    return unread('no record in these files tells the document that is in force');
  }
  // Whether all who have a policy are administrators decides what it may say.
  if (!record.created) return unread('these files do not hold its creation, so that they do not tell who has it');
  return known({ kind: 'managed', attachedTo: [...record.attachedTo].sort(), document });
}

/** What a record tells of a policy that a role, user or group has: an inline policy, or one of AWS. */
export function describeHeldPolicy(action: KeyAction): Fact<IamPolicy | 'missing'> {
  const { api, request, subject } = action;
  const item = findIamItem(action);
  if (item === undefined) return unread('its record names no policy');
  if (item.startsWith('arn:')) {
    // The document matters only while somebody has the policy.
    if (api.startsWith('Detach')) return known({ kind: 'managed', attachedTo: [], document: '{}' });
    return unread('AWS wrote its document, and no record in these files tells it');
  }
  if (api.startsWith('Delete')) return known('missing');
  const document = readDocument(request);
  return document === undefined
    ? unread('its record does not hold the document')
    : known({ kind: 'inline', attachedTo: [subject], document });
}
