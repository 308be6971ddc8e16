/** What `npm run bench` says of judging alone: no AWS, no network, one thread. */
import { type Grant, judgeGrant } from '../lib/iam/grant.ts';
import { judgeKeyMaterialPolicy } from '../lib/iam/judge-key-material-policy.ts';
import { judgeKeyPolicyLeastPrivilege } from '../lib/iam/judge-key-policy-least-privilege.ts';
import { judgeKeyPolicyPublic } from '../lib/iam/judge-key-policy-public.ts';
import { parsePolicy } from '../lib/iam/parse-policy.ts';
import type { Trust } from '../lib/iam/trust.ts';

/** How often something was done in a second. */
export interface Rate {
  readonly what: string;
  readonly perSecond: number;
}

const ACCOUNT = '111122223333';
const TRUST: Trust = {
  keyAccount: ACCOUNT,
  trustedAccounts: ['444455556666'],
  trustedOrganizations: ['o-a1b2c3d4e5'],
  administrators: [`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`],
  custodians: [`arn:aws:iam::${ACCOUNT}:role/Custodian`],
  dataKeyPairRoles: [`arn:aws:iam::${ACCOUNT}:role/Issuer`],
};

/** Measures how many documents a second are read and judged by all controls that are about them. */
export function measureRates(): readonly Rate[] {
  return [
    { what: 'key policy of 2 KB, read and judged by 3 controls', perSecond: measure(judgeOf(writePolicy(2_048))) },
    { what: 'key policy of 32 KB, read and judged by 3 controls', perSecond: measure(judgeOf(writePolicy(32_768))) },
    { what: 'grant, judged', perSecond: measure(judgeOneGrant) },
  ];
}

/** Long enough that what the machine does meanwhile hardly counts. */
const MEASURED_MS = 2_000;
const WARM_UP_MS = 500;

function measure(run: (round: number) => void): number {
  repeat(run, WARM_UP_MS);
  const { rounds, ms } = repeat(run, MEASURED_MS);
  return (rounds / ms) * 1_000;
}

function repeat(run: (round: number) => void, forMs: number): { rounds: number; ms: number } {
  const started = performance.now();
  for (let rounds = 1; ; rounds += 1) {
    run(rounds);
    const ms = performance.now() - started;
    if (ms >= forMs) return { rounds, ms };
  }
}

const judgeOf = (text: string) => () => {
  const policy = parsePolicy(text);
  const verdicts = [judgeKeyPolicyPublic, judgeKeyPolicyLeastPrivilege, judgeKeyMaterialPolicy].map(
    (judge) => judge(policy, TRUST).verdict,
  );
  if (!verdicts.includes('violation')) throw new Error('The policy of the benchmark was not judged as it must be.');
};

/** The root statement, one that is open, and as many for different roles as fit; no more bytes than asked for. */
function writePolicy(bytes: number): string {
  const statements: object[] = [
    {
      Sid: 'Root',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
    { Sid: 'Open', Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
  ];
  const write = () => JSON.stringify({ Version: '2012-10-17', Statement: statements });
  while (Buffer.byteLength(write()) <= bytes) statements.push(writeStatement(statements.length));
  statements.pop();
  return write();
}

const writeStatement = (index: number) => ({
  Sid: `App${index}`,
  Effect: 'Allow',
  Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:role/app-${index}`, `arn:aws:iam::444455556666:role/partner-${index}`] },
  Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
  Resource: '*',
  Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com', 'kms:CallerAccount': ACCOUNT } },
});

const CONTEXT = {
  trust: TRUST,
  key: { manager: 'CUSTOMER', spec: 'SYMMETRIC_DEFAULT' },
  limits: { ttlDays: 365, requireConstraint: true },
  now: new Date('2026-08-03T12:00:00Z'),
};

function judgeOneGrant(round: number): void {
  const grant: Grant = {
    grantId: String(round).padStart(64, '0'),
    keyArn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
    granteePrincipal: `arn:aws:iam::${ACCOUNT}:role/app-${round % 100}`,
    operations: ['Decrypt', 'CreateGrant'],
    issuingAccount: ACCOUNT,
    createdAt: '2026-08-01T12:00:00Z',
  };
  if (judgeGrant(grant, CONTEXT).verdict !== 'violation') {
    throw new Error('The grant of the benchmark was not judged as it must be.');
  }
}
