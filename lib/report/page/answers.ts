import type { PackData } from '../pack-data.ts';
import { count, showNumber, showTime, type Tone } from './words.ts';

/** What an auditor asks first, with the answer that the data allows and no better one. */
export interface Answer {
  readonly question: string;
  readonly tone: Tone;
  /** The tone in a word or two. */
  readonly label: string;
  /** A few words. */
  readonly verdict: string;
  /** Sentences. */
  readonly because: readonly string[];
  /** The section that shows it. */
  readonly section: string;
}

/** Something that nobody looked at, or that could not be told. */
export interface Unseen {
  readonly what: string;
  readonly section: string;
}

const NOT_SHOWN = { tone: 'unknown', label: 'Not shown' } as const;

/** The answers in the order in which they are asked. */
export const answer = (data: PackData): readonly Answer[] => [
  answerIntegrity(data),
  answerCompleteness(data),
  answerFindings(data),
  answerUnseen(data),
];

function answerIntegrity({ integrity }: PackData): Answer {
  const { state, entries, chains, problems, problemsLeft, uncovered, lastCheckpoint } = integrity;
  const asked = { question: 'Is the record whole?', section: 'integrity' };
  const verified = `${count(entries, 'entry', 'entries')} in ${count(chains, 'chain')} were verified.`;
  const signed =
    lastCheckpoint === undefined
      ? 'No signed checkpoint proves any of it.'
      : `Checkpoint ${lastCheckpoint.number} of ${showTime(lastCheckpoint.at)} UTC is the newest that is proven; ${count(uncovered, 'entry', 'entries')} came after it and are protected by their chain alone.`;
  const because = [verified, signed];
  if (state === 'not-whole') {
    const found = count(problems.length + problemsLeft, 'place');
    return { ...asked, tone: 'bad', label: 'Not whole', verdict: `No: it does not verify in ${found}`, because };
  }
  if (state === 'whole' && entries > 0 && lastCheckpoint !== undefined) {
    return { ...asked, tone: 'good', label: 'Whole', verdict: 'Yes: all of it verifies', because };
  }
  if (entries === 0) return { ...asked, ...NOT_SHOWN, verdict: 'There is no entry to verify', because };
  return { ...asked, ...NOT_SHOWN, verdict: 'Nothing wrong was found, and not all is proven', because };
}

/** Whether the ledger has all that CloudTrail has: complete only when every part of the window was compared with success. */
export function judgeCoverage({
  complete,
  statements,
  counts,
}: PackData['coverage']): Pick<Answer, 'tone' | 'label' | 'verdict'> {
  if (statements.total === 0) {
    return { tone: 'none', label: 'Not looked at', verdict: 'Never compared with CloudTrail' };
  }
  // What one comparison did not get, a later one of the same part may have got: then the part is complete.
  if (complete) return { tone: 'good', label: 'Complete', verdict: 'Yes: the ledger has what CloudTrail has' };
  if (counts.failed === 0) return { ...NOT_SHOWN, verdict: 'Parts of the window are not covered' };
  return { tone: 'bad', label: 'Incomplete', verdict: `No: ${count(counts.failed, 'record')} missing` };
}

function answerCompleteness({ coverage }: PackData): Answer {
  const { statements, gaps, uncovered, counts } = coverage;
  const { expected, recorded, backfilled } = counts;
  const because =
    statements.total === 0
      ? ['No comparison with CloudTrail reaches into this window, so that nothing shows what may be missing.']
      : [
          `By the newest comparison of each part of the window, CloudTrail gave ${count(expected, 'record')} that the ledger must have. It had ${showNumber(recorded)} of them by itself, and the comparisons added ${showNumber(backfilled)}.`,
          `${count(uncovered.length, 'part')} of the window without a complete comparison; ${count(gaps.total, 'thing')} that a comparison did not find or could not look at.`,
        ];
  return { question: 'Is it complete?', section: 'completeness', ...judgeCoverage(coverage), because };
}

function answerFindings(data: PackData): Answer {
  const { atStart, opened, closed, atEnd } = data.findings;
  const asked = { question: 'What is open?', section: 'findings' };
  const over = `${count(atStart, 'finding')} at the start, ${showNumber(opened)} opened, ${showNumber(closed)} closed.`;
  const doubts = listDoubts(data);
  const because = [over, ...doubts];
  if (atEnd > 0) {
    return { ...asked, tone: 'bad', label: 'Open', verdict: `${count(atEnd, 'finding')} open at the end`, because };
  }
  if (doubts.length > 0) return { ...asked, ...NOT_SHOWN, verdict: 'None on record', because };
  return { ...asked, tone: 'good', label: 'None', verdict: 'No finding is open at the end', because };
}

/** Why there may be more findings than are on record. */
function listDoubts({ steps, otherControls, integrity, coverage }: PackData): readonly string[] {
  const controls = [...steps.flatMap((step) => step.controls), ...otherControls];
  return [
    ...(controls.some(({ evaluated }) => evaluated > 0) ? [] : ['No control ran in the window.']),
    ...(integrity.state === 'whole' ? [] : ['The record is not shown to be whole: there may be more.']),
    ...(coverage.complete ? [] : ['The record is not shown to be complete: there may be more.']),
  ];
}

function answerUnseen(data: PackData): Answer {
  const unseen = listUnseen(data);
  const asked = { question: 'What could not be looked at?', section: 'unseen' };
  if (unseen.length === 0) {
    return {
      ...asked,
      tone: 'good',
      label: 'All looked at',
      verdict: 'Nothing was left out',
      because: ['Every source that this pack reads was there for all of the window.'],
    };
  }
  const because = [
    'Nothing is said about these. They are listed under the four answers, and are not counted as in order anywhere.',
  ];
  return { ...asked, ...NOT_SHOWN, verdict: `${count(unseen.length, 'limit')} of this pack`, because };
}

/** Everything that this pack cannot speak for, each kind in one sentence. */
export function listUnseen(data: PackData): readonly Unseen[] {
  return [...unseenInLedger(data), ...unseenInWindow(data), ...unseenInProcedure(data)];
}

const when = (
  value: number,
  section: string,
  what: (text: string) => string,
  one: string,
  many?: string,
): readonly Unseen[] => (value === 0 ? [] : [{ what: what(count(value, one, many)), section }]);

function unseenInLedger({ integrity, entries }: PackData): readonly Unseen[] {
  return [
    ...when(integrity.unchecked.length, 'integrity', (n) => `${n} of the ledger could not be checked.`, 'part'),
    ...(integrity.lastCheckpoint === undefined
      ? [
          {
            what: 'No checkpoint that a key proves: nobody outside of the table vouches for its entries.',
            section: 'integrity',
          },
        ]
      : when(
          integrity.uncovered,
          'integrity',
          (n) => `${n} after the newest checkpoint that a key proves.`,
          'entry',
          'entries',
        )),
    ...(integrity.keysGiven || integrity.keys.length === 0
      ? []
      : [
          {
            what: 'The public key came with the ledger that it is to prove. Compare it with one that you have from elsewhere.',
            section: 'integrity',
          },
        ]),
    ...when(
      entries.unverified,
      'populations',
      (n) => `${n} did not verify and are in no population but that of their kind.`,
      'entry',
      'entries',
    ),
  ];
}

function unseenInWindow({ coverage, inventory, keyUse }: PackData): readonly Unseen[] {
  const unread = inventory.reduce((sum, { start, end }) => sum + (start?.unread ?? 0) + (end?.unread ?? 0), 0);
  const without = inventory.filter(({ looked }) => !looked).length;
  return [
    ...(coverage.statements.total === 0
      ? [{ what: 'The window was never compared with CloudTrail.', section: 'completeness' }]
      : when(
          coverage.uncovered.length,
          'completeness',
          (n) => `${n} of the window without a complete comparison with CloudTrail.`,
          'part',
        )),
    ...when(
      coverage.gaps.total,
      'completeness',
      (n) => `${n} that a comparison did not find or could not look at.`,
      'thing',
    ),
    ...(inventory.length === 0 ? [{ what: 'No list of keys was made.', section: 'inventory' }] : []),
    ...when(without, 'inventory', (n) => `${n} without a list of the keys at both ends of the window.`, 'place'),
    ...when(unread, 'inventory', (n) => `${n} listed that could not be described.`, 'key was', 'keys were'),
    ...coverage.notAsked.map((what) => ({ what: `CloudTrail was not asked for it: ${what}`, section: 'completeness' })),
    ...unseenUse(keyUse),
  ];
}

function unseenUse(keyUse: PackData['keyUse']): readonly Unseen[] {
  const section = 'key-use';
  if (!keyUse.collected) return [{ what: `The use of keys: ${keyUse.reason}`, section }];
  const hours = keyUse.hours.reduce((sum, { notLooked }) => sum + notLooked, 0);
  return [
    ...when(hours, section, (n) => `${n} without the use of keys, or without all of it.`, 'hour'),
    ...when(keyUse.unreadFiles, section, (n) => `${n} of CloudTrail with the use of keys could not be read.`, 'file'),
  ];
}

function unseenInProcedure({ steps, otherControls, policies }: PackData): readonly Unseen[] {
  const controls = new Map([...steps.flatMap((step) => step.controls), ...otherControls].map((one) => [one.id, one]));
  const unknown = [...controls.values()].reduce((sum, { counts }) => sum + counts.unknown, 0);
  const idle = steps.filter(({ state }) => state === 'none').map(({ id }) => id);
  const lost = policies.filter(({ file }) => file === undefined).length;
  return [
    ...when(
      unknown,
      'steps',
      (n) => `${n} where a control could not tell, because a fact could not be read or understood.`,
      'verdict',
    ),
    ...(idle.length === 0
      ? []
      : [
          {
            what: `Nothing ran in the window for ${idle.length === 1 ? 'step' : 'steps'} ${idle.join(', ')} of the procedure.`,
            section: 'steps',
          },
        ]),
    ...when(lost, 'policies', (n) => `${n} that judged in the window, without the file itself.`, 'policy', 'policies'),
  ];
}
