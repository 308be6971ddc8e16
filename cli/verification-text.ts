import { safeText } from '../lib/alert/safe-text.ts';
import { judgeVerification, type Problem, type Verification } from '../lib/ledger/verification.ts';

/**
 * Tells a person what a verification saw, the verdict first.
 *
 * @param name of the table or the folder
 */
export function describeVerification(name: string, verification: Verification): string {
  const { problems, omitted, unchecked, noted } = verification;
  return [
    describeVerdict(safeText(name), verification),
    ...problems.map(describeProblem),
    ...(omitted === 0 ? [] : [`  and ${omitted} more`]),
    ...listUnder('Not checked:', unchecked),
    ...listUnder('What the checkpoints say was wrong when they were made:', noted),
    ...describeCoverage(verification),
    '',
  ].join('\n');
}

function describeVerdict(name: string, verification: Verification): string {
  const { chains, entries, problems, omitted } = verification;
  const count = `${entries} entries in ${chains} chains of ${name}`;
  switch (judgeVerification(verification)) {
    case 'whole':
      return `The ledger is whole: ${count}, nothing altered, missing, inserted, moved or cut off.`;
    case 'not-whole':
      return `THE LEDGER IS NOT WHOLE: ${count}, ${problems.length + omitted} problems.`;
    default:
      return `THE LEDGER COULD NOT BE CHECKED: ${count}; nothing wrong was found in what could be.`;
  }
}

const describeProblem = ({ subject, seq, what }: Problem): string =>
  `  ${safeText(subject, 2048)}${seq === 0 ? '' : subject === 'checkpoints' ? ` number ${seq}` : ` entry ${seq}`}: ${safeText(what, 2048)}`;

const listUnder = (title: string, problems: readonly Problem[]): string[] =>
  problems.length === 0 ? [] : [title, ...problems.map(describeProblem)];

function describeCoverage({ entries, coverage }: Verification): string[] {
  const { last, covered, uncovered, signedBy, trusted } = coverage;
  if (last === undefined) {
    return [
      `Signed: nothing. No checkpoint covers the ${entries} entries: that their chains agree is all that is known.`,
    ];
  }
  const after = uncovered === 0 ? 'All entries are covered.' : `${uncovered} entries are not covered by it.`;
  return [
    `Signed: ${covered} entries, up to checkpoint ${last.number} of ${last.at}, of table ${safeText(last.table)} in ${safeText(last.account)} ${safeText(last.region)}. ${after}`,
    `  sha256 of that checkpoint: ${last.sha256}`,
    ...(trusted ? [] : describeTrust(last.table, signedBy)),
  ];
}

/** How the public key is called where Keywarden is deployed: by the name of the table. */
const aliasOf = (table: string): string =>
  `alias/${/^[\w-]+-ledger$/.test(table) ? table.replace(/ledger$/, 'checkpoints') : 'keywarden-<stage>-checkpoints'}`;

const describeTrust = (table: string, signedBy: readonly string[]): string[] => [
  'The public key is the one that the ledger itself names: so far it is only proven that the ledger agrees with itself.',
  ...signedBy.map((fingerprint) => `  sha256 of the key: ${fingerprint}`),
  'Compare it with what KMS says, or give the key with --public-key:',
  `  aws kms get-public-key --key-id '${aliasOf(table)}' --query PublicKey --output text | base64 -d | sha256sum`,
];
