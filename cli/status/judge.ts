import { safeText } from '../../lib/alert/safe-text.ts';
import type { Fact } from '../../lib/facts/key-facts.ts';
import type { CompletenessStatement, SweepEntry } from '../../lib/ledger/entry.ts';
import type { Finding } from '../../lib/ledger/finding.ts';
import { writeFindingRef } from '../../lib/ledger/finding-ref.ts';
import type { GrantedWaiver } from '../../lib/ledger/waiver.ts';
import type { Unarmed } from '../../lib/policy/unarmed.ts';
import type { Result } from '../../lib/selftest/read-runs.ts';
import { describeAge } from '../age.ts';
import { SEVERITIES } from '../findings.ts';
import { describeStatement, judgeStatement } from '../statement-text.ts';
import { notWell, type StatusCheck, unknown, well } from './check.ts';

/** Milliseconds of an hour. */
const HOUR = 3_600_000;

/** Checkpoints and comparisons are made every hour: after three, at least one did not come. */
export const HOURLY = 3 * HOUR;

/** Sweeps are made every day: after a day and a half, one did not come. */
export const DAILY = 36 * HOUR;

/** Self-tests are at most four days apart: after five, one did not come. */
export const TWICE_A_WEEK = 5 * 24 * HOUR;

const isOld = (at: string, longest: number, now: Date): boolean => !(now.getTime() - Date.parse(at) <= longest);

/** @param last when it was made, and its number; undefined when there is none */
export function judgeCheckpoint(
  last: { readonly number: number; readonly at: string } | undefined,
  looked: string | undefined,
  now: Date,
): StatusCheck {
  const name = 'checkpoint';
  if (last === undefined || looked === undefined)
    return notWell(name, 'No checkpoint was made yet; the first one comes within an hour of the deployment.');
  const text = `Number ${last.number} was signed ${describeAge(last.at, now)} ago; everything up to ${describeAge(looked, now)} ago is covered.`;
  return isOld(looked, HOURLY, now)
    ? notWell(name, `${text} It is due every hour: see the logs of the function checkpoint.`)
    : well(name, text);
}

/** @param last the newest statement of the schedule */
export function judgeReconcile(last: CompletenessStatement | undefined, now: Date): StatusCheck {
  const name = 'reconcile';
  if (last === undefined)
    return notWell(name, 'CloudTrail was not compared with the ledger yet; that is due every hour.');
  const [said = ''] = describeStatement(last).split('\n');
  const text = `${said} That was ${describeAge(last.endedAt, now)} ago.`;
  if (isOld(last.endedAt, HOURLY, now))
    return notWell(name, `${text} It is due every hour: see the logs of the function reconcile.`);
  switch (judgeStatement(last)) {
    case 'complete':
      return well(name, text);
    case 'different':
      return notWell(name, `${text} Show it with: keywarden ledger show completeness`);
    default:
      return unknown(name, `${text} Show it with: keywarden ledger show completeness`);
  }
}

/** @param last the newest look at all keys */
export function judgeSweep(last: SweepEntry['sweep'] | undefined, now: Date): StatusCheck {
  const name = 'sweep';
  if (last === undefined) return notWell(name, 'Nobody looked at all keys yet; that is due every day.');
  const { counts, complete, endedAt } = last;
  const text = `${counts.judged} of ${counts.listed} keys were judged ${describeAge(endedAt, now)} ago, ${counts.managedByAws} are of AWS, ${counts.unread} could not be read, ${counts.notReached} were not reached.`;
  if (isOld(endedAt, DAILY, now))
    return notWell(name, `${text} It is due every day: see the logs of the function sweep.`);
  return complete ? well(name, text) : unknown(name, `${text} Show it with: keywarden ledger show sweeps`);
}

/** @param last how the newest self-test that is over ended; undefined when none is */
export function judgeSelftest(
  last: (Pick<Result, 'state' | 'reasons'> & { readonly at: string }) | undefined,
  now: Date,
): StatusCheck {
  const name = 'selftest';
  if (last === undefined)
    return notWell(name, 'The way from a rule to the officer was not tested yet; try it with: keywarden selftest');
  const when = `${describeAge(last.at, now)} ago`;
  if (last.state !== 'passed')
    return notWell(
      name,
      `The test of the way from a rule to the officer failed ${when}. ${safeText(last.reasons.join(' '), 2000)}`,
    );
  const text = `A change came from a rule to the officer as a message, ${when}.`;
  return isOld(last.at, TWICE_A_WEEK, now)
    ? notWell(name, `${text} That is due twice a week. Try it with: keywarden selftest`)
    : well(name, text);
}

export function judgeKillSwitch(stopped: Fact<boolean>): StatusCheck {
  const name = 'kill-switch';
  if (!stopped.known)
    return unknown(name, `Whether Keywarden may change anything is not known: ${safeText(stopped.reason)}.`);
  return stopped.value
    ? notWell(name, 'It is on: Keywarden changes nothing, and only tells.')
    : well(name, 'It is off: Keywarden may change what its modes allow.');
}

export function judgeFindings(open: readonly Finding[]): StatusCheck {
  const name = 'findings';
  if (open.length === 0) return well(name, 'None is open.');
  const known = SEVERITIES.map(
    (severity) => [severity, open.filter((one) => one.severity === severity).length] as const,
  );
  const others = open.length - known.reduce((sum, [, count]) => sum + count, 0);
  const counts = [...known, ['of another severity', others] as const].filter(([, count]) => count > 0);
  const waiting = open.filter(({ decision }) => decision === 'ask').length;
  return notWell(
    name,
    `${open.length} open: ${counts.map(([what, count]) => `${count} ${what}`).join(', ')}; ${waiting} wait for an approval. List them with: keywarden findings`,
  );
}

/** @param source where the lists are from, as a part of a sentence */
export function judgePolicy(unarmed: readonly Pick<Unarmed, 'settings' | 'effect'>[], source: string): StatusCheck {
  const name = 'policy';
  if (unarmed.length === 0) return well(name, `No list is left empty, ${source}.`);
  const lists = unarmed.map(({ settings, effect }) => `${settings.join(' and ')}: ${effect}`);
  return notWell(name, `${unarmed.length} lists are left empty, ${source}. ${safeText(lists.join(' '), 4000)}`);
}

/** @param ending waivers that end within the time that is looked ahead, or have ended */
export function judgeWaivers(
  ending: readonly Pick<GrantedWaiver, 'subject' | 'control' | 'item' | 'until'>[],
  days: number,
): StatusCheck {
  const name = 'waivers';
  if (ending.length === 0) return well(name, `None that was granted by order ends within ${days} days.`);
  const told = ending.map((waiver) => `${safeText(writeFindingRef(waiver), 500)} until ${safeText(waiver.until)}`);
  return notWell(name, `${ending.length} end within ${days} days, or have ended: ${told.join(', ')}.`);
}
