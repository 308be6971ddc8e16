import { GetKeyRotationStatusCommand } from '@aws-sdk/client-kms';
import { controlIds } from '../../lib/controls/index.ts';
import type { Entry } from '../../lib/ledger/entry.ts';
import type { Finding } from '../../lib/ledger/finding.ts';
import { obey } from '../../lib/orders/obey.ts';
import type { Caller, OrderDone, OrderResult } from '../../lib/orders/order.ts';
import { handleAction } from '../../lib/pipeline.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { POLICY } from '../controls/control-case.ts';
import { ACCOUNT, type Bed, type Fault, openBed } from '../pipeline/bed.ts';
import { personOf, readAction, writeEvent } from '../pipeline/events.ts';

/** A caller of the function URL: a session of a role. */
export const callerOf = (session: string, role: string): Caller => ({
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
  accountId: ACCOUNT,
  principalId: `AROAEXAMPLE:${session}`,
  sourceIp: '192.0.2.20',
});

export const OLIVIA = callerOf('olivia@example.com', 'SecurityOfficer');
export const OSCAR = callerOf('oscar@example.com', 'DeputyOfficer');

/** Who causes the findings of these tests. */
export const DANA = personOf('dana@example.com', 'KeyAdmin');

type Mode = 'observe' | 'approve' | 'enforce';

/** Only what a test names is more than told. */
export const modes = (named: Readonly<Record<string, Mode>>): Policy['controls'] => ({
  ...Object.fromEntries(controlIds.map((id) => [id, { mode: 'observe' as const }])),
  ...Object.fromEntries(Object.entries(named).map(([id, mode]) => [id, { mode }])),
});

export const ASKING: Partial<Policy> = {
  controls: modes({ 'rotation-enabled': 'approve', 'rotation-period-annual': 'approve' }),
};

interface Around {
  readonly caller?: Caller | undefined;
  readonly policy?: Partial<Policy>;
  readonly fault?: Fault;
  readonly orderId?: string;
  readonly at?: Date;
}

/** Everything that the tests of orders do, over the emulator. */
export async function openOrders() {
  const bed = await openBed();
  let orders = 0;

  /** One order in an invocation of its own. */
  function begin(input: object, { caller, policy = ASKING, fault, orderId = `order-${++orders}`, at }: Around = {}) {
    const { pipeline, calls, died } = bed.start(fault, policy, ...(at === undefined ? [] : [() => at]));
    const context = { pipeline, kms: bed.kms, delivery: bed.deliver(), orderId };
    const done = obey({ reason: 'It was agreed', ...input }, caller === undefined ? context : { ...context, caller });
    return { done, calls, died, orderId };
  }

  async function order(input: object, around: Around = {}): Promise<{ result: OrderResult; calls: string[] }> {
    const begun = begin(input, around);
    return { result: await begun.done, calls: begun.calls };
  }

  /** Something happens, as EventBridge tells it. */
  async function happen(
    api: string,
    key: string,
    overrides: object = {},
    policy: Partial<Policy> = ASKING,
    now: Date | undefined = undefined,
  ) {
    const { pipeline } = bed.start(undefined, policy, ...(now === undefined ? [] : [() => now]));
    return handleAction(
      pipeline,
      readAction(writeEvent(api, key, { userIdentity: DANA, ...overrides })),
      bed.deliver(),
    );
  }

  /** A key without rotation, and a finding about that. */
  async function makeFinding(policy: Partial<Policy> = ASKING, userIdentity: object = DANA) {
    const key = await bed.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'payments' }] });
    await happen('DisableKeyRotation', key, { userIdentity }, policy);
    return { key, finding: `rotation-enabled@${key.slice(key.lastIndexOf('/') + 1)}` };
  }

  async function findingOf(key: string, id = 'rotation-enabled'): Promise<Finding | undefined> {
    const { pipeline } = bed.start();
    return (await pipeline.ledger.look('', key, [id])).findings.get(id);
  }

  const isRotating = async (key: string) =>
    (await bed.kms.send(new GetKeyRotationStatusCommand({ KeyId: key }))).KeyRotationEnabled;

  return { bed, begin, order, happen, makeFinding, findingOf, isRotating };
}

export type Orders = Awaited<ReturnType<typeof openOrders>>;

export const asDone = (result: OrderResult): OrderDone => {
  if (result.status === 'refused') throw new Error(`The order was refused: ${result.message}`);
  return result;
};

export const actionsOf = (chain: readonly Entry[]) =>
  chain.flatMap((entry) => (entry.type === 'action' ? [entry] : []));

/** The shipped rules about approvals, changed. */
export const approvalWith = (more: Partial<Policy['approval']>): Partial<Policy> => ({
  ...ASKING,
  approval: { ...POLICY.approval, ...more },
});

export type { Bed };
