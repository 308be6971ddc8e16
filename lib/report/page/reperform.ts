import type { PackData } from '../pack-data.ts';
import { html, type Markup } from './html.ts';
import { type Cells, renderTable } from './table.ts';
import { renderFile } from './words.ts';

/** How one kind of record is checked against AWS without Keywarden. */
interface Test {
  readonly steps: string;
  readonly question: string;
  /** Where the sample is drawn from, as the id of a population. */
  readonly from: string;
  /** A command of the AWS CLI, with what is to be filled in between angle brackets. */
  readonly command: string;
  readonly expect: string;
  /** Name of the page of the AWS CLI, e.g. `kms/list-grants`. */
  readonly page: string;
}

const oneEvent =
  'aws cloudtrail lookup-events --region <region> --lookup-attributes AttributeKey=EventId,AttributeValue=<CloudTrail event>';

/** https://docs.aws.amazon.com/cli/latest/reference/kms/ and https://docs.aws.amazon.com/cli/latest/reference/cloudtrail/ */
const TESTS: readonly Test[] = [
  {
    steps: 'all',
    question: 'Did an action happen as it is recorded?',
    from: 'actions',
    command: oneEvent,
    expect:
      'One record with the same time, identity, address, request and error. CloudTrail keeps it for 90 days here; later take it from the log files of the trail.',
    page: 'cloudtrail/lookup-events',
  },
  {
    steps: 'all',
    question: 'Is no action left out?',
    from: 'actions',
    command:
      'aws cloudtrail lookup-events --region <region> --start-time <from> --end-time <to> --lookup-attributes AttributeKey=EventSource,AttributeValue=kms.amazonaws.com',
    expect: 'Every eventID of a lifecycle action is in actions or in second-records, and no other is.',
    page: 'cloudtrail/lookup-events',
  },
  {
    steps: '4.1',
    question: 'Is a key configured as the policy requires?',
    from: 'keys-at-end',
    command: 'aws kms describe-key --region <region> --key-id <key>',
    expect:
      'KeySpec, KeyUsage, Origin and MultiRegion as in the list, and the spec among those that the policy approves.',
    page: 'kms/describe-key',
  },
  {
    steps: '4.2.1',
    question: 'Does every grant give only what is needed?',
    from: 'grants',
    command: 'aws kms list-grants --region <region> --key-id <key>',
    expect: 'The grants that were made and not revoked or retired, with the same grantee, operations and constraints.',
    page: 'kms/list-grants',
  },
  {
    steps: '4.2.1, 4.3.2',
    question: 'Does the policy of a key let in only who it should?',
    from: 'verdicts',
    command: 'aws kms get-key-policy --region <region> --key-id <key> --policy-name default',
    expect: 'Read each statement against the verdict of key-policy-not-public and key-policy-least-privilege.',
    page: 'kms/get-key-policy',
  },
  {
    steps: '4.2.3',
    question: 'Is every use logged?',
    from: 'verdicts',
    command: 'aws cloudtrail get-event-selectors --trail-name <trail>',
    expect: 'Management events, read and write, with kms.amazonaws.com not excluded.',
    page: 'cloudtrail/get-event-selectors',
  },
  {
    steps: '4.4',
    question: 'Does a key rotate, and did it?',
    from: 'rotations',
    command:
      'aws kms get-key-rotation-status --region <region> --key-id <key>; aws kms list-key-rotations --region <region> --key-id <key>',
    expect:
      'KeyRotationEnabled is true with a period of 365 days or less, and the dates are those of the RotateKey rows.',
    page: 'kms/list-key-rotations',
  },
  {
    steps: '4.5',
    question: 'Was a deletion approved, and did it wait?',
    from: 'deletions',
    command: oneEvent,
    expect:
      'pendingWindowInDays of the request as in the row; then the TagResource record that wrote the approval, by another person and earlier.',
    page: 'cloudtrail/lookup-events',
  },
  {
    steps: '4.1.3, 4.2.3, 4.4.3, 4.5.3',
    question: 'Are the log files those that CloudTrail wrote?',
    from: 'actions',
    command: 'aws cloudtrail validate-logs --trail-arn <trail> --start-time <from> --end-time <to>',
    expect: 'All digest files and log files valid.',
    page: 'cloudtrail/validate-logs',
  },
];

/** How somebody who trusts neither this page nor Keywarden comes to the same results. */
export function renderReperform({ populations, window }: PackData): Markup {
  const there = new Set(populations.map(({ id }) => id));
  const rows = TESTS.map(
    ({ steps, question, from, command, expect, page }): Cells => [
      question,
      steps,
      there.has(from) ? html`<a href="#population-${from}">${from}</a>` : from,
      html`<code class="command">${command}</code> <a class="fine" href="https://docs.aws.amazon.com/cli/latest/reference/${page}.html">manual<span class="unheard"> of ${page}</span></a>`,
      expect,
    ],
  );
  const headings = ['Question', 'Steps', 'Sample from', 'Ask AWS', 'Expect'].map((title) => ({ title }));
  return html`<p>In full, population by population: ${renderFile('README.txt')}. How to draw a sample that anybody can draw again: ${renderFile('sampling.txt')}. What was verified of the ledger: ${renderFile('verification.txt')}.</p>
<h3>The files of this pack</h3>
<ol>
<li>${renderFile('manifest.json')} has the sha256, the bytes and the rows of every file, with what made them and how. Compute the digests anew, with <code>sha256sum</code> for instance, and compare; or let <code>keywarden report verify <i>folder</i> --public-key <i>key.pem</i></code> do it.</li>
<li>${renderFile('manifest.sig')} shows that the manifest is as it was made: <code>openssl dgst -sha384 -verify <i>key.pem</i> -signature manifest.sig manifest.json</code>. Take the public key from KMS (<code>aws kms get-public-key</code>) or from a copy that you kept, not from the pack. A pack without this file is not signed.</li>
</ol>
<h3>The ledger</h3>
<ol>
<li><code>keywarden ledger export <i>folder</i></code> writes the entries, the checkpoints and the public keys; <code>keywarden ledger verify <i>folder</i> --public-key <i>key.pem</i></code> verifies them without a network, and names the first bad entry of each chain.</li>
<li><code>keywarden report --export <i>folder</i> --from ${window.from} --to ${window.to}</code> makes this pack again from that export. Rows and numbers must be the same.</li>
<li><code>keywarden audit <i>files</i></code> runs the same controls over the log files of CloudTrail, without the ledger.</li>
</ol>
<h3>The records, without Keywarden</h3>
<p>Draw a sample from a population, take what stands between the angle brackets from its row, and ask AWS. What AWS shows of a key is how it is now: look at later actions of the same key before you call it a difference.</p>
${renderTable({ id: 'table-reperform', caption: 'Tests to perform again', headings, groups: [{ rows }] })}`;
}
