import { quote } from './command.ts';
import { type Message, numberSteps, type Place, TITLES, writeFramed } from './frame.ts';
import { safeText } from './safe-text.ts';

/** An evidence pack that was put into the evidence bucket. */
export interface MadeReport {
  readonly window: { readonly from: string; readonly to: string };
  readonly bucket: string;
  readonly object: string;
  readonly zipSha256: string;
  readonly manifestSha256: string;
  /** Why the manifest is not signed; absent when it is. */
  readonly unsigned?: string;
  readonly ledger: 'whole' | 'not-whole' | 'not-checked';
  readonly complete: boolean;
  readonly openFindings: number;
  readonly actions: number;
  /** Why the keys at the start, made, destroyed and at the end do not add up, or were not looked at: one sentence each. */
  readonly inventory: readonly string[];
}

/** Writes the message that an evidence pack was made: where it is, and what in it a person must look at first. */
export function writeReportMessage(report: MadeReport, place: Place): Message {
  const { window, bucket, object, zipSha256, manifestSha256, openFindings, actions } = report;
  const wrong = listTrouble(report);
  return writeFramed({
    severity: report.ledger === 'not-whole' ? 'critical' : wrong.length > 0 ? 'high' : 'low',
    headline: `Evidence pack from ${window.from.slice(0, 10)} to ${window.to.slice(0, 10)}`,
    sections: [
      [
        TITLES.happened,
        [
          `Keywarden made the evidence pack of the time from ${window.from}, before ${window.to}.`,
          `${actions} actions happened, and ${openFindings} findings are open at the end.`,
        ],
      ],
      [TITLES.wrong, wrong],
      [
        'Where it is',
        [
          `s3://${bucket}/${object}`,
          `sha256 of the archive:  ${zipSha256}`,
          `sha256 of its manifest: ${manifestSha256}`,
        ],
      ],
      [
        TITLES.next,
        numberSteps([
          `Fetch it: aws s3 cp ${quote(`s3://${bucket}/${object}`)} .`,
          'Unpack it, verify it (keywarden report verify FOLDER), and open index.html.',
          'Give the archive to the auditor, and the sha256 by another way.',
        ]),
      ],
    ],
    control: 'report',
    state: wrong.length > 0 ? 'with-problems' : 'made',
    place,
    json: { state: 'report', ...report },
  });
}

function listTrouble({ ledger, complete, unsigned, inventory }: MadeReport): readonly string[] {
  return [
    ...(ledger === 'not-whole' ? ['THE LEDGER IS NOT WHOLE: verification.txt in the pack says where.'] : []),
    ...(ledger === 'not-checked'
      ? ['The ledger could not be checked in full: verification.txt in the pack says what.']
      : []),
    ...(complete
      ? []
      : ['Part of the time is covered by no complete comparison with CloudTrail; the pack says which.']),
    ...inventory.map((line) => safeText(line, 1000)),
    ...(unsigned === undefined ? [] : [`The pack is NOT SIGNED: ${safeText(unsigned, 1000)}`]),
  ];
}
