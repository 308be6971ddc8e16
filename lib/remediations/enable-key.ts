import type { Evidence } from '../facts/evidence.ts';
import type { KeyDescription, KeyFacts } from '../facts/key-facts.ts';
import { showText } from '../facts/plain-text.ts';
import { describeState, requestOnKey } from './deletion-requests.ts';
import {
  type Call,
  type Confirmation,
  type Plan,
  type Planned,
  PlanOutdatedError,
  type Read,
  type Receipt,
  type Remedy,
} from './remedy.ts';

/**
 * Enables a key that is disabled.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html
 */
const enableKey: Remedy = {
  id: 'enable-key',
  title: 'Enable the key',
  reads: ['key'],
  confirms: ['key'],
  iam: ['kms:DescribeKey', 'kms:EnableKey'],
  undoIam: ['kms:DisableKey'],
  plan: planEnabling,
  apply: enable,
  confirm: confirmEnabled,
};

export default enableKey;

function planEnabling({ facts: { key } }: Evidence): Planned {
  if (!key.known) return refuse(`The key is not enabled because it could not be read: ${key.reason}`);
  if (key.value === 'missing') return refuse('The key cannot be enabled because it no longer exists');
  const { state } = key.value;
  if (state === 'PendingImport') {
    return refuse('A key without material cannot be enabled; import the same material again with ImportKeyMaterial');
  }
  if (state !== 'Disabled') return refuse(`Only a disabled key is enabled, and ${describeState(key.value)}`);
  return { possible: true, plan: writePlan(key.value) };
}

const refuse = (reason: string): Planned => ({ possible: false, reason: `${reason}.` });

const writePlan = (key: KeyDescription): Plan => ({
  remedy: enableKey.id,
  subject: key.arn,
  summary: `Enable key ${showText(key.keyId)}, which is disabled.`,
  requests: [requestOnKey('EnableKey', key)],
  undo: [requestOnKey('DisableKey', key)],
  before: { key: { state: key.state } },
});

/** @throws {PlanOutdatedError} when the key is neither disabled nor enabled any more */
async function enable({ requests }: Plan, call: Call, read: Read): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for (const request of requests) {
    const { key } = await read(['key']);
    if (!key.known) throw new PlanOutdatedError(`The key could not be looked at before the change: ${key.reason}.`);
    if (key.value === 'missing') throw new PlanOutdatedError('The key no longer exists.');
    if (key.value.state === 'Enabled') continue;
    if (key.value.state !== 'Disabled') {
      throw new PlanOutdatedError(`Only a disabled key is enabled, and ${describeState(key.value)}.`);
    }
    receipts.push(await call(request));
  }
  return receipts;
}

function confirmEnabled(_plan: Plan, { key }: KeyFacts): Confirmation {
  if (!key.known) return { confirmed: false, reason: `The key could not be read back: ${key.reason}.` };
  if (key.value === 'missing') return { confirmed: false, reason: 'The key no longer exists.' };
  const { state } = key.value;
  if (state === 'Enabled') return { confirmed: true, after: { key: { state } } };
  return { confirmed: false, reason: `The key is not enabled: ${describeState(key.value)}.` };
}
