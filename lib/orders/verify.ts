import { controls, stateControls } from '../controls/index.ts';
import type { FactReader } from '../facts/fact-reader.ts';
import type { KeyFacts } from '../facts/key-facts.ts';
import type { Order } from '../judge.ts';
import { createLookUp } from '../ledger/look-up.ts';
import { summarise } from './answer.ts';
import { carry } from './carry.ts';
import { actionOf, type Carrying, type Understood } from './context.ts';
import { findOrigin } from './find-deed.ts';
import { judgeNow } from './judge-now.ts';
import { lookAtFinding, namedOf, recordOf, toOfFinding } from './of-finding.ts';
import type { OrderDone, OrderRefused, OrderResult } from './order.ts';
import { refuse, show } from './refusal.ts';

/**
 * Verifies a subject now, or puts it right: by one control, or by all that judge the state of a key. What an event had caused
 * is judged as that event, by what is so now.
 *
 * @throws what AWS throws when it cannot answer now
 */
export async function verify(understood: Understood, context: Carrying): Promise<OrderResult> {
  const { order, target } = understood;
  const complaint = complainOfTarget(understood);
  if (complaint !== undefined) return complaint;
  const kept = keepReader(context);
  const asked = await describeOrder(understood, context);
  const action = actionOf(understood, context);
  const answer = await (order.dryRun ? tryOut(understood, asked, kept.context) : carry(action, asked, kept.context));
  if (answer === undefined) throw new TypeError('A verification is for whatever is so now, and cannot be overtaken.');
  if (answer.status === 'refused' || order.action !== 'verify') return answer;
  return { ...answer, facts: await kept.readFacts(target.control) };
}

function complainOfTarget({ order: { action }, target: { subject, control } }: Understood): OrderRefused | undefined {
  if (control === undefined && !subject.includes(':key/')) {
    return refuse(
      'input',
      `${show(subject)} is no key: name one finding of it, e.g. "finding": "<control>@${subject}".`,
    );
  }
  if (control === undefined || controls.some(({ id }) => id === control)) return undefined;
  return refuse(
    'conflict',
    `${control} is found by comparing records, and not by looking at a subject: ${action} cannot judge it. Follow its runbook; waive takes it off the list for a time.`,
  );
}

async function describeOrder(understood: Understood, context: Carrying): Promise<Order> {
  const { order, target } = understood;
  const kind = order.action === 'remediate' ? 'remediate' : 'verify';
  const ofFinding = toOfFinding(understood);
  const finding = ofFinding === undefined ? undefined : await lookAtFinding(ofFinding, context);
  if (finding === undefined) return { kind, record: recordOf(understood), ...namedOf(target) };
  const { deed } = await findOrigin(createLookUp(context.pipeline.records), target.subject, finding.seq);
  return {
    kind,
    record: recordOf(understood, { of: finding.seq }),
    ...namedOf(target),
    ...(deed === undefined ? {} : { deed }),
  };
}

async function tryOut(understood: Understood, asked: Order, context: Carrying): Promise<OrderDone> {
  const action = actionOf(understood, context);
  const judged = await judgeNow(action, asked, context);
  const acts = judged.decisions.filter(({ decision }) => decision === 'act').length;
  const would =
    acts === 0 ? 'Nothing would be changed.' : `${acts} of them would be put right as planned in "decisions".`;
  return {
    status: 'verified',
    message: `Dry run: ${summarise(judged.verdicts)} ${would} Nothing was changed, recorded or sent.`,
    key: action.subject,
    dryRun: true,
    ...judged,
    remediations: [],
  };
}

/** What was judged by is shown to whoever asked, without a second call for it. */
function keepReader(context: Carrying) {
  let kept: FactReader | undefined;
  const { factsOf } = context.pipeline;
  const pipeline = {
    ...context.pipeline,
    factsOf: (...asked: Parameters<typeof factsOf>) => {
      const reader = factsOf(...asked);
      kept ??= reader;
      return reader;
    },
  };
  return {
    context: { ...context, pipeline },
    async readFacts(control: string | undefined): Promise<Partial<KeyFacts>> {
      const asked = control === undefined ? stateControls : controls.filter(({ id }) => id === control);
      const names = [...new Set(asked.flatMap(({ reads }) => reads))];
      const facts = await kept?.read(names);
      return facts === undefined ? {} : Object.fromEntries(names.map((name) => [name, facts[name]]));
    },
  };
}
