import { isNamed } from '../facts/actor.ts';
import { showText } from '../facts/plain-text.ts';
import { nameRequester } from '../order-action.ts';
import type { Policy } from '../policy/policy.ts';
import type { OrderContext, Who } from './context.ts';
import type { OrderAction, OrderInput, OrderRefused } from './order.ts';
import { readCaller } from './read-caller.ts';
import { refuse } from './refusal.ts';
import { nameOrderer } from './separation.ts';

/**
 * Who orders, and whether they may give such an order at all. What depends on the finding comes later.
 *
 * @returns a refusal that says who may
 */
export function checkCaller(order: OrderInput, { caller, pipeline }: OrderContext): Who | OrderRefused {
  const who = readWho(order, caller);
  if ('status' in who) return who;
  const { policy, selfRoleArns } = pipeline;
  if (isNamed(who.actor, selfRoleArns)) {
    return refuse('caller', `${nameOrderer(who.by)} is a role of Keywarden itself, which orders nothing.`);
  }
  const complaint = complainOfCaller(order.action, who, policy);
  return complaint === undefined ? who : refuse('caller', complaint);
}

function readWho({ requestedBy }: OrderInput, caller: OrderContext['caller']): Who | OrderRefused {
  if (caller === undefined) {
    return requestedBy === undefined
      ? refuse(
          'input',
          'requestedBy is missing: a direct invocation must say who asks. Send it, or use the function URL.',
        )
      : { by: { name: requestedBy, verified: false }, actor: nameRequester(requestedBy) };
  }
  return requestedBy === undefined
    ? readCaller(caller)
    : refuse(
        'input',
        'requestedBy is for a direct invocation: of the function URL, AWS names the caller. Leave it out.',
      );
}

/** What only somebody whom AWS names may order, when another person must. */
const NEEDS_ANOTHER_PERSON: ReadonlySet<OrderAction> = new Set(['approve', 'reject', 'undo', 'waive']);

function complainOfCaller(action: OrderAction, { by, actor }: Who, { approval }: Policy): string | undefined {
  if (action === 'verify') return undefined;
  const { officers, differentPerson } = approval;
  const needsName = officers.length > 0 || (differentPerson && NEEDS_ANOTHER_PERSON.has(action));
  if (needsName && !by.verified) {
    const why =
      officers.length > 0 ? 'approval.officers says who may' : 'approval.differentPerson asks for another person';
    return `AWS does not tell who the caller of a direct invocation is, and ${why}. Send the order to the function URL, signed (AWS_IAM).`;
  }
  if (needsName && actor.type === 'Root') {
    return 'The root user is no person: sign the order as a user or a role of your own.';
  }
  if (officers.length > 0 && !isNamed(actor, officers)) {
    return `${nameOrderer(by)} may not order this: approval.officers of the policy file names ${officers.map(showText).join(', ')}.`;
  }
  return undefined;
}
