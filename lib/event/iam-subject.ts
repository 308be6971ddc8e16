import { type Place, partitionOf } from './key-arn.ts';
import { type JsonObject, objectOf, textOf } from './plain-json.ts';
import type { Subject } from './subject.ts';

/** What of an IAM record can name a policy or whom it belongs to. */
export interface IamNaming {
  readonly api: string;
  readonly place: Place;
  readonly request: JsonObject;
  readonly response: JsonObject;
}

/** Names and paths of IAM: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const NAME = /^[\w+=,.@-]{1,128}$/;
const PATH = /^\/(?:[\x21-\x2e\x30-\x7e]+\/)*$/;
const POLICY_ARN = /^arn:aws(?:-[a-z]+)*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,1024}$/;

/** Which field of the request names the principal, and how its ARN begins. */
const PRINCIPALS: ReadonlyArray<readonly [field: string, type: string]> = [
  ['roleName', 'role'],
  ['userName', 'user'],
  ['groupName', 'group'],
];

/**
 * Says what an IAM action on policies is about. The first of these that the record names:
 * 1. a managed policy of the account, by `policyArn` or `policy.arn` of the response: whoever has it has what it says, so
 *    that attaching and detaching it is about the policy;
 * 2. the role, user or group, for its inline policies and for policies of AWS, which nobody can change. Records name it
 *    without its path, and so does the ARN here: names are unique in an account;
 * 3. the managed policy of a CreatePolicy that failed, by its name and path;
 * 4. `arn:<partition>:iam::<account>:unidentified`, e.g. when CloudTrail left out parameters of more than 100 KB.
 *
 * Text of an unknown form is passed over, so that no caller can forge an ARN.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function findIamSubject(naming: IamNaming): Subject {
  const start = `arn:${partitionOf(naming.place.region)}:iam::${naming.place.account}`;
  const subject =
    findOwnPolicy(naming) ?? findPrincipal(naming, start) ?? findUnmadePolicy(naming, start) ?? `${start}:unidentified`;
  return { subject, keys: [] };
}

function findOwnPolicy({ request, response }: IamNaming): string | undefined {
  const arns = [textOf(request, 'policyArn'), textOf(objectOf(response, 'policy'), 'arn')];
  return arns.find((arn) => POLICY_ARN.exec(arn ?? '')?.[1] !== 'aws' && POLICY_ARN.test(arn ?? ''));
}

function findPrincipal({ request }: IamNaming, start: string): string | undefined {
  for (const [field, type] of PRINCIPALS) {
    const name = textOf(request, field);
    if (name !== undefined && NAME.test(name)) return `${start}:${type}/${name}`;
  }
  return undefined;
}

function findUnmadePolicy({ api, request }: IamNaming, start: string): string | undefined {
  const [name, path] = [textOf(request, 'policyName') ?? '', textOf(request, 'path') ?? '/'];
  return api === 'CreatePolicy' && NAME.test(name) && PATH.test(path) ? `${start}:policy${path}${name}` : undefined;
}

/**
 * Says which policy of a role, user or group an IAM action is about: the name of the inline policy, or the ARN of the
 * policy of AWS that was attached or detached.
 *
 * @param action what was read from the record
 * @returns undefined when the subject is the policy itself, or the record names none
 */
export function findIamItem({ request, subject }: { request: JsonObject; subject: string }): string | undefined {
  if (!/:(role|user|group)\//.test(subject)) return undefined;
  const name = textOf(request, 'policyName') ?? '';
  const arn = textOf(request, 'policyArn') ?? '';
  if (POLICY_ARN.test(arn)) return arn;
  return NAME.test(name) ? name : undefined;
}
