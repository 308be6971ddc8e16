import type { World } from './world.ts';

/** How one example is run. */
export interface Run {
  /** The exit code that the help and the docs say. */
  readonly code: number;
  /** What the outputs must have in them. */
  readonly says: string;
  /** Makes what the example needs. */
  before?(world: World): Promise<unknown> | unknown;
  /** What a person types; absent: there is no terminal. */
  readonly typed?: string;
}

/** Gives a value to what stands for one in the examples. */
export async function fillIn(line: string, world: World, now: Date): Promise<string> {
  const day = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 'yyyy-mm-dd'.length);
  const values: Readonly<Record<string, string>> = {
    // Event history has 90 days, and a window must be over.
    '2026-11-23': day(-2),
    '2026-11-24': day(-1),
    // A waiver has a longest time.
    '2026-12-31': day(30),
    '20260803T022000Z': world.baseline,
    '<id>': world.keyId('payments'),
    'http://127.0.0.1:4566': world.aws.url,
    EVIDENCE_BUCKET: world.aws.evidenceBucket,
    KEY_USE_TABLE: world.aws.table.replace(/ledger$/, 'key-use'),
  };
  const filled = Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), line);
  return filled.includes('412:9f86d0...') ? filled.replace('412:9f86d0...', await world.lastCheckpoint()) : filled;
}

const wait = (alias: string) => (world: World) => world.disableRotation(alias);

/** What is run before an example must not fail. */
async function runFirst(world: World, line: string): Promise<void> {
  const { code, out, err } = await world.run(await fillIn(line, world, new Date()));
  if (code !== 0) throw new Error(`${line} ended with ${code}: ${out}${err}`);
}

async function approveArchive(world: World): Promise<void> {
  await world.disableRotation('archive');
  await runFirst(world, 'keywarden approve rotation-enabled@alias/archive --reason Agreed --yes');
}

async function waiveLegacy(world: World): Promise<void> {
  await world.disableRotation('legacy');
  await runFirst(world, 'keywarden waive rotation-enabled@alias/legacy --until 2026-12-31 --reason Replaced --yes');
}

const exportAs = (folder: string) => async (world: World) => {
  await world.signCheckpoint();
  world.remove(folder);
  await runFirst(world, `keywarden ledger export ${folder}`);
};

const without =
  (...names: readonly string[]) =>
  (world: World): void => {
    for (const name of names) world.remove(name);
  };

async function signPack(world: World): Promise<void> {
  await world.signCheckpoint();
  without('pack', 'pack.zip')(world);
  await runFirst(
    world,
    `keywarden report --from 2026-07-01 --to 2026-10-01 --out pack --evidence-bucket EVIDENCE_BUCKET --signing-key ${world.aws.signingKey}`,
  );
}

/** Every example of the help and the docs, as it is run here. */
export const RUNS: Readonly<Record<string, Run>> = {
  'keywarden status': { code: 1, says: 'kill-switch' },
  'keywarden status --stage prod --format json': { code: 1, says: '"name":"kill-switch","state":"well"' },
  'keywarden findings': { code: 1, says: 'rotation-enabled@', before: wait('payments') },
  'keywarden findings --stage prod --region eu-west-1': {
    code: 1,
    says: 'rotation-enabled@',
    before: wait('payments'),
  },
  'keywarden findings --severity high': { code: 1, says: 'rotation-enabled@', before: wait('payments') },
  'keywarden findings --severity high --waiting': { code: 1, says: 'waits for approval', before: wait('payments') },
  'keywarden findings --control rotation-enabled --key alias/payments --format json': {
    code: 1,
    says: '"name":"rotation-enabled@',
    before: wait('payments'),
  },
  'keywarden findings --table keywarden-prod-ledger': { code: 1, says: 'rotation-enabled@', before: wait('payments') },
  'keywarden finding rotation-enabled@alias/payments': { code: 1, says: 'Plan', before: wait('payments') },
  'keywarden key alias/payments': { code: 1, says: 'Verdicts', before: wait('payments') },
  'keywarden key alias/payments --entries 20 --format json': { code: 1, says: '"facts"', before: wait('payments') },
  'keywarden --endpoint-url http://127.0.0.1:4566 key <id>': { code: 1, says: 'Verdicts', before: wait('payments') },
  'keywarden verify alias/payments': { code: 1, says: 'WRONG', before: wait('payments') },
  'keywarden verify alias/payments --control rotation-enabled --dry-run --format json': {
    code: 1,
    says: '"dryRun":true',
    before: wait('payments'),
  },
  'keywarden remediate alias/payments --reason "Quarterly review" --dry-run': {
    code: 0,
    says: 'aws kms enable-key-rotation',
    before: wait('payments'),
  },
  'keywarden remediate rotation-enabled@alias/payments --reason "Quarterly review" --dry-run': {
    code: 0,
    says: 'aws kms enable-key-rotation',
    before: wait('payments'),
  },
  'keywarden remediate rotation-enabled@alias/payments --reason "Quarterly review" --ticket SEC-7 --yes': {
    code: 1,
    says: 'approve',
    before: wait('payments'),
  },
  'keywarden approve --help': { code: 0, says: 'Usage: keywarden approve' },
  'keywarden approve rotation-enabled@alias/payments --reason "Agreed with the owner" --ticket SEC-7': {
    code: 0,
    says: 'On record: entry #',
    before: wait('payments'),
    typed: 'y\n',
  },
  "keywarden approve --baseline 20260803T022000Z --reason 'reviewed in SEC-42'": {
    code: 0,
    says: 'Do it? [y/N]',
    typed: 'y\n',
  },
  'keywarden reject rotation-enabled@alias/ledger --reason "The owner rotates it by hand" --yes': {
    code: 0,
    says: 'On record: entry #',
    before: wait('ledger'),
  },
  'keywarden undo rotation-enabled@alias/archive --reason "The vendor cannot rotate it yet" --yes': {
    code: 0,
    says: 'On record: entry #',
    before: approveArchive,
  },
  'keywarden waive rotation-enabled@alias/legacy --until 2026-12-31 --reason "Replaced in December" --ticket SEC-9 --yes':
    {
      code: 0,
      says: 'On record: entry #',
      before: wait('legacy'),
    },
  'keywarden unwaive rotation-enabled@alias/legacy --reason "Replaced already" --yes': {
    code: 0,
    says: 'On record: entry #',
    before: waiveLegacy,
  },
  'keywarden waivers': { code: 0, says: 'rotation-enabled@', before: waiveLegacy },
  'keywarden waivers --policy keywarden.policy.yml --format json': {
    code: 0,
    says: '"from":"order"',
    before: waiveLegacy,
  },
  'keywarden selftest': { code: 0, says: 'came back' },
  'keywarden selftest --no-wait --format json': { code: 0, says: '"checks"' },
  'keywarden ledger show alias/payments': { code: 0, says: 'DisableKeyRotation succeeded', before: wait('payments') },
  'keywarden ledger show policy --format json': { code: 0, says: '"subject":"policy"' },
  'keywarden --endpoint-url http://127.0.0.1:4566 ledger show <id>': { code: 0, says: 'CreateKey succeeded' },
  'keywarden --endpoint-url http://127.0.0.1:4566 ledger verify': { code: 0, says: 'The ledger is whole' },
  'keywarden ledger export ledger-2026-08 --table keywarden-prod-ledger': {
    code: 0,
    says: 'Exported',
    before: without('ledger-2026-08'),
  },
  'keywarden ledger verify --table keywarden-prod-ledger --evidence-bucket EVIDENCE_BUCKET': {
    code: 0,
    says: 'The ledger is whole',
    before: (world) => world.signCheckpoint(),
  },
  'keywarden ledger verify ledger-2026-08 --public-key checkpoints.der': {
    code: 0,
    says: 'The ledger is whole',
    before: exportAs('ledger-2026-08'),
  },
  'keywarden ledger verify ledger-2026-08 --public-key checkpoints.der --last-checkpoint 412:9f86d0...': {
    code: 0,
    says: 'The ledger is whole',
    before: exportAs('ledger-2026-08'),
  },
  'keywarden reconcile --from 2026-11-23 --to 2026-11-24': { code: 0, says: 'The ledger is complete' },
  'keywarden reconcile --from 2026-11-23 --to 2026-11-24 --table keywarden-prod-ledger': {
    code: 0,
    says: 'The ledger is complete',
  },
  'keywarden reconcile --from 2026-11-23 --to 2026-11-24 --backfill': { code: 0, says: 'The ledger is complete' },
  // Nothing was delivered to these places in that month, and nobody can say that nothing happened.
  'keywarden reconcile --from 2026-03-01 --to 2026-04-01 --archive s3://company-trail/logs': {
    code: 2,
    says: 'COMPLETENESS IS NOT KNOWN',
  },
  'keywarden reconcile --from 2026-03-01 --to 2026-04-01 --archive s3://company-trail/logs --table keywarden-prod-ledger':
    {
      code: 2,
      says: 'COMPLETENESS IS NOT KNOWN',
    },
  'keywarden reconcile --from 2026-03-01 --to 2026-04-01 --archive ./logs --no-digests': {
    code: 2,
    says: 'COMPLETENESS IS NOT KNOWN',
  },
  'keywarden report --from 2026-07-01 --to 2026-10-01 --out pack --table keywarden-prod-ledger': {
    code: 0,
    says: 'NOT SIGNED. No signing key was named',
    before: without('pack', 'pack.zip'),
  },
  'keywarden report --from 2026-07-01 --to 2026-10-01 --out pack --table keywarden-prod-ledger --no-sign': {
    code: 0,
    says: 'NOT SIGNED. It was made with --no-sign.',
    before: without('pack', 'pack.zip'),
  },
  'keywarden report --from 2026-07-01 --to 2026-10-01 --out pack --table keywarden-prod-ledger --evidence-bucket EVIDENCE_BUCKET --key-use-table KEY_USE_TABLE --no-sign':
    {
      code: 0,
      says: 'NOT SIGNED. It was made with --no-sign.',
      before: without('pack', 'pack.zip'),
    },
  'keywarden report --from 2026-07-01 --to 2026-10-01 --out pack --export ledger-2026-10 --no-sign': {
    code: 0,
    says: 'The ledger is whole.',
    before: async (world) => {
      without('pack', 'pack.zip')(world);
      await exportAs('ledger-2026-10')(world);
    },
  },
  'keywarden report verify pack --public-key checkpoints.pem': {
    code: 0,
    says: 'Signed by the key that you gave',
    before: signPack,
  },
  'keywarden report sample --population pack/populations/actions.jsonl --size 25 --seed "J. Doe 2026-10-05"': {
    code: 0,
    says: 'J. Doe 2026-10-05',
    before: signPack,
  },
  'keywarden check key-policy policies/*.json --key-account 111122223333': {
    code: 0,
    says: '1 in order, 0 violations, 0 unknown, 0 problems',
  },
  'aws kms get-key-policy --key-id alias/payments | keywarden check key-policy - --key-account 111122223333': {
    code: 0,
    says: '1 in order, 0 violations, 0 unknown, 0 problems',
  },
  'keywarden check iam-policy roles/*.json --key-account 111122223333': {
    code: 0,
    says: '1 in order, 0 violations, 0 unknown, 0 problems',
  },
  'aws iam get-role-policy --role-name app --policy-name kms | keywarden check iam-policy - --key-account 111122223333':
    { code: 0, says: '1 in order, 0 violations, 0 unknown, 0 problems' },
  'aws kms list-grants --key-id alias/payments | keywarden check grant - --key-spec SYMMETRIC_DEFAULT': {
    code: 0,
    says: '1 in order, 0 violations, 0 unknown, 0 problems',
  },
  'keywarden check grant create-grant-record.json --key-spec SYMMETRIC_DEFAULT --format json': {
    code: 0,
    says: '"verdict":"compliant"',
  },
  // The files tell of keys whose rotation was off between CreateKey and EnableKeyRotation.
  'keywarden audit AWSLogs/': { code: 1, says: 'lifecycle actions; 0 waived' },
  'keywarden audit archive/*.json.gz --policy keywarden.policy.yml --format ndjson': {
    code: 1,
    says: '"api":"CreateKey"',
  },
  'keywarden audit archive/*.json.gz --policy keywarden.policy.yml --format ndjson > actions.ndjson': {
    code: 1,
    says: '',
  },
  'aws s3 cp s3://trail/AWSLogs/.../file.json.gz - | keywarden audit -': { code: 1, says: 'CreateKey of dana' },
  'aws s3 cp s3://trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/03/file.json.gz - | keywarden audit -': {
    code: 1,
    says: 'CreateKey of dana',
  },
  'keywarden completion bash': { code: 0, says: 'complete -o default' },
  'keywarden completion zsh': { code: 0, says: '#compdef keywarden' },
  'keywarden completion fish': { code: 0, says: 'complete -c keywarden' },
  'keywarden completion bash > ~/.local/share/bash-completion/completions/keywarden': { code: 0, says: '' },
};
