import type { Evidence } from '../../facts/evidence.ts';

/** The controls that ask for the remedy. */
export type NarrowingControl = 'key-policy-not-public' | 'key-policy-least-privilege';

/** https://docs.aws.amazon.com/kms/latest/developerguide/least-privilege.html: what everybody may do is the graver one. */
const DEFAULTS: Readonly<Record<NarrowingControl, string>> = {
  'key-policy-not-public': 'enforce',
  'key-policy-least-privilege': 'approve',
};

const STRENGTH = ['observe', 'approve', 'enforce'];

/**
 * Whether a plan may take out what one of the two controls finds: always for the control that asks, and for the other when
 * a person ordered it, or when its mode lets it go at least as far and no waiver may speak for it. So an enforced control
 * never carries out what the other would have to ask for.
 *
 * @param control whose findings are meant
 * @param evidence `asks` says which control wants the plan; without it both do
 */
export function mayTakeOut(control: NarrowingControl, { asks, policy, now, facts }: Evidence): boolean {
  if (asks === undefined || asks.ordered || asks.control === control) return true;
  const modeOf = (id: string) =>
    STRENGTH.indexOf(policy.controls[id]?.mode ?? DEFAULTS[id as NarrowingControl] ?? 'observe');
  if (modeOf(control) < modeOf(asks.control)) return false;
  const arn = facts.key.known && facts.key.value !== 'missing' ? facts.key.value.arn : undefined;
  // Tags are not at hand: a waiver by tag may be for this key.
  return !policy.waivers.some(
    (waiver) =>
      waiver.control === control &&
      (waiver.subject === undefined || waiver.subject === arn) &&
      now.getTime() < Date.parse(`${waiver.expires}T00:00:00Z`) + 86_400_000,
  );
}
