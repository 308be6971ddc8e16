import {
  GetGroupPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  type IAMClient,
  type Policy,
  paginateListAttachedGroupPolicies,
  paginateListAttachedRolePolicies,
  paginateListAttachedUserPolicies,
  paginateListEntitiesForPolicy,
} from '@aws-sdk/client-iam';
import { sortFailure } from '../aws/failure.ts';
import { decodeDocument } from '../iam/decode-document.ts';
import type { FactReader } from './fact-reader.ts';
import { type Fact, type FactName, factsUnread, type IamPolicy, type KeyFacts, known, unread } from './key-facts.ts';
import { showText } from './plain-text.ts';
import { TransientReadError } from './read-error.ts';

/** Where and how to read. */
export interface IamPolicyReaderOptions {
  readonly iam: IAMClient;
  /** ARN of a managed policy of the account; or of a user, role or group, without its path. */
  readonly arn: string;
  /** Of a user, role or group: name of an inline policy, or ARN of a policy of AWS. */
  readonly item?: string | undefined;
  /** Account where Keywarden runs: policies of another one are left to the Keywarden there. */
  readonly account: string;
  /** As for the facts of a key. */
  readonly onTransient: 'throw' | 'unread';
}

/**
 * Reads the IAM policy that an action is about, as it is in force now: the default version of a managed policy with who
 * has it, an inline policy, or a policy of AWS with whether the principal has it. Every fact of a key is Unread.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
 */
export function createIamPolicyReader(options: IamPolicyReaderOptions): FactReader {
  let memo: Promise<Fact<IamPolicy | 'missing'>> | undefined;
  const read = async (names: readonly FactName[]): Promise<KeyFacts> => {
    if (!names.includes('iamPolicy')) return factsWith(unread('it was not read'));
    const now = memo ?? readPolicy(options);
    memo = now;
    // A read that threw is forgotten, so that the next one asks again.
    now.catch(() => {
      if (memo === now) memo = undefined;
    });
    return factsWith(await now);
  };
  return {
    read,
    reread: (names) => {
      memo = undefined;
      return read(names);
    },
  };
}

const factsWith = (iamPolicy: KeyFacts['iamPolicy']): KeyFacts => ({
  ...factsUnread('an IAM policy is no key'),
  iamPolicy,
});

const IAM_ARN = /^arn:[a-z-]+:iam::(\d{12}):(policy|role|user|group)\/(.+)$/;

function readPolicy(options: IamPolicyReaderOptions): Promise<Fact<IamPolicy | 'missing'>> {
  const { arn, account, item } = options;
  const [, owner, type = '', path = ''] = IAM_ARN.exec(arn) ?? [];
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (owner === undefined) return refuse(`${showText(arn)} names no IAM policy; find it in the record of the action`);
  if (owner !== account) {
    return refuse(`${showText(arn)} belongs to account ${owner} and Keywarden runs in ${account}; look at it there`);
  }
  if (type === 'policy') return attempt(options, () => readManaged(options, arn));
  const holder = HOLDERS[type];
  if (item === undefined || holder === undefined) {
    return refuse(`no policy of ${type} ${showText(name)} was named; find it in the record of the action`);
  }
  return item.startsWith('arn:')
    ? attempt(options, () => readAttached(options, holder, name, item))
    : attempt(options, async () => inline(arn, await holder.getPolicy(options.iam, name, item)));
}

const refuse = async (reason: string): Promise<Fact<IamPolicy | 'missing'>> => unread(reason);

/** How IAM is asked about what a user, role or group has. */
interface Holder {
  getPolicy(iam: IAMClient, name: string, policy: string): Promise<string | undefined>;
  listAttached(
    iam: IAMClient,
    name: string,
  ): AsyncIterable<{ readonly AttachedPolicies?: readonly Attached[] | undefined }>;
}

interface Attached {
  readonly PolicyArn?: string | undefined;
}

/** The path in front limits what a list of attached policies gives, and so do pages. */
const HOLDERS: Readonly<Record<string, Holder>> = {
  role: {
    getPolicy: async (iam, RoleName, PolicyName) =>
      (await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))).PolicyDocument,
    listAttached: (client, RoleName) => paginateListAttachedRolePolicies({ client }, { RoleName }),
  },
  user: {
    getPolicy: async (iam, UserName, PolicyName) =>
      (await iam.send(new GetUserPolicyCommand({ UserName, PolicyName }))).PolicyDocument,
    listAttached: (client, UserName) => paginateListAttachedUserPolicies({ client }, { UserName }),
  },
  group: {
    getPolicy: async (iam, GroupName, PolicyName) =>
      (await iam.send(new GetGroupPolicyCommand({ GroupName, PolicyName }))).PolicyDocument,
    listAttached: (client, GroupName) => paginateListAttachedGroupPolicies({ client }, { GroupName }),
  },
};

const inline = (holder: string, document: string | undefined): Fact<IamPolicy> =>
  withDocument(document, { kind: 'inline', attachedTo: [holder] });

function withDocument(document: string | undefined, policy: Omit<IamPolicy, 'document'>): Fact<IamPolicy> {
  return document === undefined
    ? unread('IAM did not give the document of the policy; look at it in the IAM console')
    : known({ ...policy, document: decodeDocument(document) });
}

async function readManaged({ iam, account }: IamPolicyReaderOptions, arn: string): Promise<Fact<IamPolicy>> {
  const { Policy: policy } = await iam.send(new GetPolicyCommand({ PolicyArn: arn }));
  const [document, attachedTo] = [await readDefaultVersion(iam, arn, policy), await listHolders(iam, arn, account)];
  const isBoundary = attachedTo.length === 0 && (policy?.PermissionsBoundaryUsageCount ?? 0) > 0;
  return withDocument(document, { kind: isBoundary ? 'boundary' : 'managed', attachedTo });
}

/** A policy of AWS, which is about whoever got it. */
async function readAttached(
  { iam, arn }: IamPolicyReaderOptions,
  holder: Holder,
  name: string,
  policyArn: string,
): Promise<Fact<IamPolicy>> {
  const { Policy: policy } = await iam.send(new GetPolicyCommand({ PolicyArn: policyArn }));
  const document = await readDefaultVersion(iam, policyArn, policy);
  let has = false;
  for await (const { AttachedPolicies = [] } of holder.listAttached(iam, name)) {
    has ||= AttachedPolicies.some(({ PolicyArn }) => PolicyArn === policyArn);
  }
  return withDocument(document, { kind: 'managed', attachedTo: has ? [arn] : [] });
}

async function readDefaultVersion(iam: IAMClient, arn: string, policy: Policy | undefined) {
  const version = policy?.DefaultVersionId;
  if (version === undefined) return undefined;
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: version }));
  return PolicyVersion?.Document;
}

/** Who has the policy as a permission. IAM names them without their paths. */
async function listHolders(client: IAMClient, arn: string, account: string): Promise<readonly string[]> {
  const start = `${arn.split(':').slice(0, 4).join(':')}:${account}`;
  const found: string[] = [];
  const input = { PolicyArn: arn, PolicyUsageFilter: 'PermissionsPolicy' } as const;
  for await (const page of paginateListEntitiesForPolicy({ client }, input)) {
    found.push(
      ...(page.PolicyRoles ?? []).map(({ RoleName }) => `${start}:role/${RoleName}`),
      ...(page.PolicyUsers ?? []).map(({ UserName }) => `${start}:user/${UserName}`),
      ...(page.PolicyGroups ?? []).map(({ GroupName }) => `${start}:group/${GroupName}`),
    );
  }
  return found;
}

/**
 * Gives failures their meaning. That there is no such entity is an answer; whatever may pass by itself is tried again.
 *
 * @throws {TransientReadError}
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
async function attempt(
  { arn, item, onTransient }: IamPolicyReaderOptions,
  send: () => Promise<Fact<IamPolicy>>,
): Promise<Fact<IamPolicy | 'missing'>> {
  try {
    return await send();
  } catch (cause) {
    if (cause instanceof Error && /^NoSuchEntity/.test(cause.name)) return known('missing');
    const { kind, reason } = sortFailure(cause);
    const what = `the IAM policy ${item === undefined ? '' : `${showText(item)} of `}${showText(arn)}`;
    if (kind !== 'transient') {
      const todo =
        kind === 'denied'
          ? "was denied to Keywarden's role; allow it in the policy of the role"
          : 'was refused by IAM; look at the policy in the IAM console';
      return unread(`reading ${what} ${todo} (${showText(reason)})`);
    }
    const sentence = `reading ${what} failed and may succeed later (${showText(reason)})`;
    if (onTransient === 'throw') throw new TransientReadError(`${sentence}.`, { cause });
    return unread(sentence);
  }
}
