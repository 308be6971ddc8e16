import { safeText } from '../alert/safe-text.ts';
import type { Integrity, PackData, Place } from './pack-data.ts';
import { POPULATIONS, type PopulationId } from './populations.ts';

/**
 * How an auditor does again what the pack says: README.txt of a pack.
 *
 * @param isSigned whether the manifest is to be signed
 */
export function writeReadme(data: PackData, isSigned: boolean): string {
  const { window, generator, entries } = data;
  return [
    'KEYWARDEN EVIDENCE PACK',
    '',
    `Window     from ${window.from}, before ${window.to}`,
    `Made       ${generator.at} by ${safeText(generator.by)}, keywarden ${generator.version}${generator.commit === undefined ? '' : ` (commit ${generator.commit})`}`,
    `From       ${safeText(generator.source)}`,
    `Query      ${safeText(generator.query)}`,
    `Entries    ${entries.read} read: ${entries.inWindow} of the window, ${entries.before} before it, ${entries.after} after it, ${entries.unverified} that do not verify`,
    `Ledger     ${STATES[data.integrity.state]}`,
    `Complete   ${data.coverage.complete ? 'every part of the window is covered by a complete comparison with CloudTrail' : 'NO: parts of the window are covered by no complete comparison with CloudTrail (index.html, data.json: coverage.uncovered)'}`,
    ...(isSigned
      ? []
      : ['', 'THIS PACK IS NOT SIGNED. Nothing but its own digests protects it: make one with the right to sign.']),
    '',
    'What is what',
    ...FILES.map(([name, what]) => `  ${name.padEnd(22)} ${what}`),
    '',
    'In the CSV files an apostrophe stands before whatever a spreadsheet could run as a formula (cells that begin with',
    '= + - @ and the like). The JSON lines have every value as it is. Both have the same rows in the same order: by subject,',
    'then by place in the chain of the subject.',
    '',
    'TO VERIFY THE PACK ITSELF',
    '  keywarden report verify FOLDER --public-key KEY.pem',
    '  or by hand, for each file of manifest.json:   sha256sum FILE',
    '  openssl dgst -sha384 -verify KEY.pem -signature manifest.sig manifest.json',
    '  KEY.pem is the public key of the signing key, from AWS and not from this pack:',
    '  aws kms get-public-key --key-id SIGNING_KEY_ARN --query PublicKey --output text | base64 -d | openssl pkey -pubin -inform DER -out KEY.pem',
    '  The sha256 of manifest.json is in the ledger too: keywarden ledger show reports',
    '',
    'TO DO EACH TEST AGAIN',
    ...writeTests(data),
    '',
    'WHAT THIS PACK DOES NOT SHOW',
    '  What AWS itself runs (the hardware security modules that hold the keys, their physical protection, the rotation and',
    '  destruction of key material within them) is a control of the subservice organisation: see the SOC 2 report of AWS and',
    '  its bridge letter, from AWS Artifact. What that report expects of its customers (who may use and administer keys,',
    '  rotation, deletion, logging) is what the controls in control-matrix.csv do.',
    '  Whether an approval was meant is for the approver to say; the pack shows who wrote it, where and when.',
    '  Uses of keys are in the population key-use only when they were collected; data.json (keyUse) says for which hours.',
    '',
  ].join('\n');
}

const STATES: Readonly<Record<Integrity['state'], string>> = {
  whole: 'whole: nothing altered, missing, inserted, moved or cut off',
  'not-whole': 'NOT WHOLE: see verification.txt',
  'not-checked': 'NOT WHOLLY CHECKED: see verification.txt',
};

const FILES: readonly (readonly [name: string, what: string])[] = [
  ['index.html', 'the report, for people; needs no network'],
  ['data.json', 'what the report shows, for programs'],
  ['populations/', 'every population in full, as CSV and as JSON lines'],
  ['statements/', 'the completeness statements as the ledger has them'],
  ['policy/', 'the policy file, when it is one that judged in the window'],
  ['control-matrix.csv', 'controls, steps of the procedure and references to standards'],
  ['verification.txt', 'what was verified of the ledger, how, and what was found'],
  ['sampling.txt', 'how to draw a sample that anybody can draw again'],
  ['manifest.json', 'sha256, bytes and rows of every file'],
  ['manifest.sig', 'signature of manifest.json, ECDSA with SHA-384, DER'],
  ['public-key.pem', 'the public key of that signature'],
];

/** Commands by population; `PLACE` is filled in for each account and Region. */
const TESTS: Readonly<Record<PopulationId, readonly string[]>> = {
  actions: [
    'Is the population complete? For each Region, list what CloudTrail has and compare the ids (90 days back; older windows from the log files of the trail):',
    'aws cloudtrail lookup-events --region REGION --lookup-attributes AttributeKey=EventSource,AttributeValue=kms.amazonaws.com --start-time FROM --end-time TO --query "Events[?ReadOnly==\'false\'].[EventId,EventName,EventTime]" --output text',
    'Is a row what happened? Look its event up and compare it; the digest of the record is in the column digest:',
    'aws cloudtrail lookup-events --region REGION --lookup-attributes AttributeKey=EventId,AttributeValue=EVENT_ID',
    'Is a row what was recorded? The id of a row names its entry; every entry is verified as it is shown:',
    'keywarden ledger show SUBJECT',
  ],
  'second-records': [
    'The column of names the row of actions that tells of the same action; compare time, key and operation.',
  ],
  verdicts: [
    'Does a control judge rightly? Take a row, read the reason, and look at the state of the key in AWS, e.g.:',
    'aws kms describe-key --key-id KEY; aws kms get-key-policy --key-id KEY --policy-name default; aws kms list-grants --key-id KEY',
    'The same controls over the log files of CloudTrail, without Keywarden in between: keywarden audit FILES',
  ],
  rotations: [
    'aws kms get-key-rotation-status --key-id KEY; aws kms list-key-rotations --key-id KEY',
    'Each RotateKey is a record of KMS itself: aws cloudtrail lookup-events --region REGION --lookup-attributes AttributeKey=EventName,AttributeValue=RotateKey',
  ],
  grants: [
    'aws kms list-grants --key-id KEY shows the grants that are there now; those that were revoked or retired are not.',
  ],
  deletions: [
    'Was a deletion approved before it was ordered, and by somebody else? Compare approvedBy and approvedAt with who and time, and look both up:',
    'aws cloudtrail lookup-events --region REGION --lookup-attributes AttributeKey=ResourceName,AttributeValue=KEY_ARN',
    'Is the key gone, or does it wait? aws kms describe-key --key-id KEY',
  ],
  remediations: [
    'Did Keywarden make the change, and no other? Find the AWS request ids in CloudTrail: the caller is a role of Keywarden.',
    'records names the CloudTrail records of the change, which are rows of actions with these eventIds; when it is empty although AWS took requests, no record had come: see the finding own-change-recorded.',
  ],
  waived: ['Compare with the waivers in policy/ and with the ticket that each names.'],
  alerts: [
    'The message id is that of Amazon SNS; the recipients of the topic have the messages: aws sns list-subscriptions-by-topic --topic-arn TOPIC',
  ],
  orders: [
    'An order that came through the function URL has verified = true: AWS says who the caller was. Otherwise the name is what the caller said; the invocation is in CloudTrail when data events of Lambda are recorded.',
    'Was it approved by somebody else? Compare who and callerArn of an ApproveRemediation with the actor of the action that caused the finding, and with who of the RemediateKey that proposed it.',
  ],
  malformed: ['keywarden ledger show malformed shows each body, or as much of it as fits into an entry.'],
  'keywarden-records': [
    'keywarden ledger show completeness; keywarden ledger show inventory; keywarden ledger show reports',
  ],
  unverified: ['keywarden ledger verify names the first bad entry of each chain, and what is wrong.'],
  'keys-at-start': [
    'The list is an object of the evidence bucket; data.json (inventory) has its name and the sha256 of its lines: aws s3 cp s3://BUCKET/OBJECT - | gunzip | sha256sum',
  ],
  'keys-at-end': [
    'aws kms list-keys --region REGION shows the keys that are there now (with those that AWS manages).',
    'keys at the start + made - destroyed = keys at the end: the differences are in data.json (inventory).',
  ],
  'open-findings': [
    'keywarden findings shows those that are open now; as of the end of the window they follow from the entries.',
  ],
  statements: ['Ask CloudTrail what the column queries says, for the window of the row, and count.'],
  gaps: ['Each row is a record to look up in CloudTrail, or a thing that nobody looked at: ask for the reason.'],
  'key-use': [
    'Count the records of the hour in the log files of the trail: keywarden audit counts lifecycle actions; uses are the records whose eventName is the operation.',
  ],
};

function writeTests({ populations, window, places }: PackData): readonly string[] {
  return [
    '  The ledger, offline and with the public key alone:',
    '    keywarden ledger export EXPORT_FOLDER',
    '    keywarden ledger verify EXPORT_FOLDER --public-key KEY.pem',
    `    keywarden report --export EXPORT_FOLDER --from ${day(window.from)} --to ${day(window.to)} --out AGAIN   (the same populations)`,
    ...(places.length === 0 ? [] : ['  REGION is one of:', ...places.map(describePlace)]),
    `  FROM is ${window.from}, TO is ${window.to}`,
    ...populations.flatMap(({ id, title, total }) => [
      '',
      `  ${title} (populations/${id}.csv, ${total} rows)`,
      ...(Object.hasOwn(TESTS, id) ? TESTS[id as PopulationId] : []).map((line) => `    ${line}`),
    ]),
  ];
}

const describePlace = ({ account, region }: Place): string => `    ${region} of account ${account}`;

const day = (time: string): string => (time.endsWith('T00:00:00.000Z') ? time.slice(0, 10) : time);

/** How to draw a sample: sampling.txt of a pack. */
export const writeSampling = (): string =>
  [
    'SAMPLING',
    '',
    'A sample that anybody can draw again: take the sha256 of the seed followed by the id of each row, sort, and take the first',
    'ones. Choose the seed after you have the pack (any text: your name and the day will do), and write it into your papers.',
    'How many rows to take is for you to say.',
    '',
    '  keywarden report sample --population populations/actions.jsonl --size 25 --seed "your text"',
    '',
    'The same by hand, without Keywarden (needs jq and sha256sum):',
    '',
    '  SEED="your text"',
    '  jq -r .id populations/actions.jsonl | while IFS= read -r id; do',
    '    printf \'%s  %s\\n\' "$(printf \'%s%s\' "$SEED" "$id" | sha256sum | cut -c1-64)" "$id"',
    '  done | LC_ALL=C sort | head -25',
    '',
    'The populations:',
    ...Object.entries(POPULATIONS).map(([id, { what }]) => `  populations/${id}.jsonl\n    ${what}`),
    '',
  ].join('\n');

/** What was verified of the ledger: verification.txt of a pack. */
export function writeVerification({ integrity, generator, entries }: PackData): string {
  const { lastCheckpoint: last, problems, problemsLeft, unchecked, noted, keys } = integrity;
  const list = (title: string, all: Integrity['problems'], left = 0) =>
    all.length + left === 0
      ? []
      : [
          '',
          `${title} (${all.length + left})`,
          ...all.map(({ subject, seq, what }) => `  ${safeText(subject, 2048)} ${seq}: ${safeText(what, 1000)}`),
          ...(left === 0 ? [] : [`  and ${left} more: keywarden ledger verify`]),
        ];
  return [
    `The ledger is ${STATES[integrity.state]}.`,
    '',
    `Read        ${safeText(generator.source)}, ${generator.at}`,
    `Entries     ${integrity.entries} in ${integrity.chains} chains; ${entries.unverified} of them do not verify`,
    `Checkpoints ${integrity.checkpoints}; they cover ${integrity.covered} entries, and ${integrity.uncovered} are covered by none yet`,
    last === undefined
      ? 'Newest      there is none that a key proves'
      : `Newest      checkpoint ${last.number} of ${last.at}, sha256 ${last.sha256}`,
    `Keys        ${keys.length === 0 ? 'none signed' : keys.join(', ')} (sha256 of the public key in DER)`,
    '',
    'How',
    ...integrity.how.map((line) => `  ${safeText(line, 1000)}`),
    ...list('What is wrong', problems, problemsLeft),
    ...list('What could not be checked', unchecked),
    ...list('What was wrong when checkpoints were made, by the checkpoints themselves', noted),
    '',
  ].join('\n');
}
