import type { Actor, KeyAction } from '../event/key-action.ts';
import { safeText } from './safe-text.ts';

/**
 * Says in words for somebody who knows no KMS what was done, or what somebody tried to do.
 *
 * @returns one sentence, e.g. `dana@example.com ordered that key 1234 be destroyed in 7 days, and all data that only it
 *   decrypts with it.`; an operation without words of its own is named
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
 */
export function describeDeed(action: KeyAction): string {
  const who = nameActor(action.actor);
  const { did, toDo } = wordsOf(action);
  switch (action.outcome) {
    case 'succeeded':
      return `${who} ${did}.`;
    case 'denied':
      return `${who} tried to ${toDo}, and AWS did not allow it.`;
    case 'failed':
      return `${who} tried to ${toDo}, and it failed.`;
    default:
      return `${who} asked whether they could ${toDo} (a dry run); nothing was changed.`;
  }
}

/** Whether there are words for an operation; every other one is only named. */
export const hasWords = (api: string): boolean => Object.hasOwn(WORDS, withoutVersion(api));

function nameActor({ type, person, arn, invokedBy }: Actor): string {
  if (type === 'AWSInternal') return 'AWS itself';
  if (type === 'Root') return 'The root user of the account';
  return safeText(person ?? arn?.slice(arn.lastIndexOf(':') + 1) ?? invokedBy ?? 'Somebody');
}

interface Spoken {
  readonly did: string;
  readonly toDo: string;
}

function wordsOf(action: KeyAction): Spoken {
  const api = withoutVersion(action.api);
  const words = Object.hasOwn(WORDS, api) ? WORDS[api] : undefined;
  if (words === undefined) {
    const call = `the call ${safeText(action.api, 80)} of ${safeText(action.eventSource, 80)}`;
    return { did: `made ${call}`, toDo: `make ${call}` };
  }
  const [past, infinitive, rest] = words;
  const what = typeof rest === 'string' ? rest : rest(action);
  return { did: `${past} ${what}`, toDo: `${infinitive} ${what}` };
}

/** Lambda writes the version of its API behind the name: `UpdateFunctionCode20150331v2`. */
const withoutVersion = (api: string): string => api.replace(/\d{8}(v\d+)?$/, '');

type Words = readonly [past: string, infinitive: string, rest: string | ((action: KeyAction) => string)];

const nameKey = ({ subject }: KeyAction): string => {
  const [, id] = /:key\/(.+)$/.exec(subject) ?? [];
  return id === undefined ? 'a key' : `key ${safeText(id, 80)}`;
};

/** What stands in a request or an answer, when it is a word or a number. */
const wordOf = (values: KeyAction['request'], name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' || typeof value === 'number' ? safeText(String(value), 256) : undefined;
};

const ofKey =
  (before: string, after = ''): Words[2] =>
  (action) =>
    `${before}${nameKey(action)}${after}`;

const nameStore = ({ request }: KeyAction): string => {
  const name = wordOf(request, 'customKeyStoreName') ?? wordOf(request, 'customKeyStoreId');
  return name === undefined ? 'a custom key store' : `the custom key store ${name}`;
};

const nameTrail = ({ request, subject }: KeyAction): string => {
  const [, ofArn] = /:trail\/(.+)$/.exec(subject) ?? [];
  const name = ofArn === undefined ? (wordOf(request, 'name') ?? wordOf(request, 'trailName')) : safeText(ofArn, 256);
  return name === undefined ? 'a trail of CloudTrail' : `the trail ${name}`;
};

/** Whose policy, for a role, user or group; the name of a policy that stands for itself. */
const nameHolder = ({ request }: KeyAction): string => {
  const kinds = ['role', 'user', 'group'] as const;
  const kind = kinds.find((one) => wordOf(request, `${one}Name`) !== undefined);
  return kind === undefined ? 'an IAM identity' : `the ${kind} ${wordOf(request, `${kind}Name`)}`;
};

const nameIamPolicy = ({ request }: KeyAction): string => {
  const name = wordOf(request, 'policyName') ?? wordOf(request, 'policyArn')?.replace(/^.*\//, '');
  return name === undefined ? 'an IAM policy' : `the IAM policy ${name}`;
};

const policyOf =
  (link: string): Words[2] =>
  (action) =>
    `${nameIamPolicy(action)} ${link} ${nameHolder(action)}`;

const nameAlias = ({ request }: KeyAction): string => wordOf(request, 'aliasName') ?? 'an alias';

/** The days of the order, of which KMS takes 7 to 30, and 30 when none are named. */
const waitOf = ({ request }: KeyAction): string => wordOf(request, 'pendingWindowInDays') ?? '30';

/** KMS counts from the order: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
function dayOf(action: KeyAction): string {
  const at = new Date(Date.parse(action.time) + Number(waitOf(action)) * 86_400_000);
  return Number.isNaN(at.getTime()) ? '' : `, on ${at.toISOString().slice(0, 10)}`;
}

const grantee = ({ request }: KeyAction): string => wordOf(request, 'granteePrincipal') ?? 'somebody';

/**
 * A sentence for each operation that an officer is told of, apart: past, infinitive, and the rest.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
 */
const WORDS: Readonly<Record<string, Words>> = {
  CreateKey: [
    'made',
    'make',
    (action) => (action.outcome === 'succeeded' ? `${nameKey(action)}, a new key` : 'a new key'),
  ],
  ReplicateKey: [
    'made',
    'make',
    (action) =>
      `a copy of ${nameKey(action)} in the Region ${wordOf(action.request, 'replicaRegion') ?? '(not named)'}`,
  ],
  CreateGrant: ['gave', 'give', (action) => `${grantee(action)} the use of ${nameKey(action)} (a grant)`],
  RevokeGrant: ['took', 'take', ofKey('back a grant, which is the right of somebody to use ')],
  RetireGrant: ['gave', 'give', ofKey('up a grant, which is the right of somebody to use ')],
  CreateCustomKeyStore: ['made', 'make', nameStore],
  UpdateCustomKeyStore: ['changed', 'change', nameStore],
  ConnectCustomKeyStore: ['connected', 'connect', nameStore],
  DisconnectCustomKeyStore: [
    'disconnected',
    'disconnect',
    (action) => `${nameStore(action)}, so that no key in it can be used`,
  ],
  DeleteCustomKeyStore: ['deleted', 'delete', nameStore],
  ImportKeyMaterial: ['brought', 'bring', ofKey('key material from outside AWS into ')],
  GetParametersForImport: ['prepared', 'prepare', ofKey('to bring key material from outside AWS into ')],
  SynchronizeMultiRegionKey: ['copied', 'copy', ofKey('the settings of ', ' to its copies in other Regions')],
  PutKeyPolicy: ['replaced', 'replace', ofKey('the key policy of ', ', which decides who may use and change it')],
  EnableKey: ['enabled', 'enable', ofKey('')],
  DisableKey: ['disabled', 'disable', ofKey('', ', so that nothing can be encrypted or decrypted with it')],
  UpdatePrimaryRegion: ['moved', 'move', ofKey('', ' to another Region as its primary one')],
  UpdateKeyDescription: ['changed', 'change', ofKey('the description of ')],
  CreateAlias: ['gave', 'give', (action) => `${nameKey(action)} the name ${nameAlias(action)}`],
  UpdateAlias: [
    'pointed',
    'point',
    (action) => `the name ${nameAlias(action)} to ${nameKey(action)}, which is used in its place from now on`,
  ],
  DeleteAlias: ['took', 'take', (action) => `the name ${nameAlias(action)} away from ${nameKey(action)}`],
  TagResource: ['set', 'set', ofKey('tags of ')],
  UntagResource: ['removed', 'remove', ofKey('tags of ')],
  EnableKeyRotation: [
    'switched',
    'switch',
    ofKey('the automatic renewal (rotation) of ', ' on, or changed how often it happens'),
  ],
  DisableKeyRotation: ['switched', 'switch', ofKey('the automatic renewal (rotation) of ', ' off')],
  RotateKeyOnDemand: ['renewed', 'renew', ofKey('the material of ', ' now (a rotation on demand)')],
  RotateKey: ['renewed', 'renew', ofKey('the material of ', ' (a rotation)')],
  ScheduleKeyDeletion: [
    'ordered',
    'order',
    (action) =>
      `that ${nameKey(action)} be destroyed in ${waitOf(action)} days${dayOf(action)}, and with it all data that only this key decrypts`,
  ],
  CancelKeyDeletion: [
    'cancelled',
    'cancel',
    ofKey('the destruction of ', ', which stays disabled until somebody enables it'),
  ],
  DeleteImportedKeyMaterial: [
    'deleted',
    'delete',
    ofKey('the imported material of ', ', so that nothing can be decrypted with it until it is imported again'),
  ],
  DeleteKey: ['destroyed', 'destroy', ofKey('', ', whose waiting period was over')],
  DeleteExpiredKeyMaterial: ['deleted', 'delete', ofKey('the imported material of ', ', whose time had run out')],
  GetPublicKey: ['read', 'read', ofKey('the public half of ')],
  GenerateDataKeyPair: ['had', 'have', ofKey('a new key pair made under ', ' and its private half handed out')],
  GenerateDataKeyPairWithoutPlaintext: ['had', 'have', ofKey('a new key pair made under ')],
  Encrypt: ['encrypted', 'encrypt', ofKey('data with ')],
  Decrypt: ['decrypted', 'decrypt', ofKey('data with ')],
  ReEncrypt: ['encrypted', 'encrypt', ofKey('data anew with ')],
  GenerateDataKey: ['took', 'take', ofKey('a data key from ', ', to encrypt data with')],
  GenerateDataKeyWithoutPlaintext: ['took', 'take', ofKey('a data key from ', ', to encrypt data with')],
  Sign: ['signed', 'sign', ofKey('data with ')],
  Verify: ['verified', 'verify', ofKey('a signature with ')],
  GenerateMac: ['signed', 'sign', ofKey('data (a MAC) with ')],
  VerifyMac: ['verified', 'verify', ofKey('a MAC with ')],
  DeriveSharedSecret: ['derived', 'derive', ofKey('a shared secret with ')],
  Encapsulate: ['derived', 'derive', ofKey('a shared secret with ')],
  Decapsulate: ['derived', 'derive', ofKey('a shared secret with ')],

  PutRolePolicy: ['wrote', 'write', policyOf('of')],
  PutUserPolicy: ['wrote', 'write', policyOf('of')],
  PutGroupPolicy: ['wrote', 'write', policyOf('of')],
  DeleteRolePolicy: ['deleted', 'delete', policyOf('of')],
  DeleteUserPolicy: ['deleted', 'delete', policyOf('of')],
  DeleteGroupPolicy: ['deleted', 'delete', policyOf('of')],
  CreatePolicy: ['made', 'make', nameIamPolicy],
  CreatePolicyVersion: ['wrote', 'write', (action) => `${nameIamPolicy(action)} anew (a new version)`],
  SetDefaultPolicyVersion: ['put', 'put', (action) => `another version of ${nameIamPolicy(action)} in force`],
  DeletePolicy: ['deleted', 'delete', nameIamPolicy],
  DeletePolicyVersion: ['deleted', 'delete', (action) => `a version of ${nameIamPolicy(action)}`],
  AttachRolePolicy: ['gave', 'give', policyOf('to')],
  AttachUserPolicy: ['gave', 'give', policyOf('to')],
  AttachGroupPolicy: ['gave', 'give', policyOf('to')],
  DetachRolePolicy: ['took', 'take', policyOf('from')],
  DetachUserPolicy: ['took', 'take', policyOf('from')],
  DetachGroupPolicy: ['took', 'take', policyOf('from')],
  DeleteRole: ['deleted', 'delete', nameHolder],

  CreateTrail: ['made', 'make', (action) => `${nameTrail(action)}, which records what is done in AWS`],
  UpdateTrail: [
    'changed',
    'change',
    (action) => `the settings of ${nameTrail(action)}, which records what is done in AWS`,
  ],
  DeleteTrail: ['deleted', 'delete', (action) => `${nameTrail(action)}, which recorded what is done in AWS`],
  StartLogging: ['started', 'start', (action) => `the recording of ${nameTrail(action)}`],
  StopLogging: [
    'stopped',
    'stop',
    (action) => `the recording of ${nameTrail(action)}: nothing is on record until it runs again`,
  ],
  PutEventSelectors: ['changed', 'change', (action) => `what ${nameTrail(action)} records`],
};
