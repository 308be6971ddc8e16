import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Fact, Unread } from '../facts/key-facts.ts';
import { sortFailure } from './failure.ts';

/** How long an answer counts, in milliseconds: an emergency stop must work within a minute, and a storm must not ask 1000 times. */
const FRESH = 30_000;

type OnTransient = 'throw' | 'unread';

/** Asks whether the kill switch is on. */
export type KillSwitch = (onTransient: OnTransient) => Promise<Fact<boolean>>;

/**
 * Reads the kill switch: one SSM parameter, `off` (Keywarden may change what its modes allow) or `on` (it changes nothing).
 * Any other value, and a refusal, is Unread: then Keywarden asks instead of acting.
 *
 * @param name of the parameter
 * @returns a function that throws what AWS throws when it may pass and `onTransient` is `throw`
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
 */
export function createKillSwitch(ssm: SSMClient, name: string, clock: () => Date): KillSwitch {
  let answer: { readonly at: number; readonly stopped: Fact<boolean> } | undefined;
  return async (onTransient) => {
    const now = clock().getTime();
    if (answer?.stopped.known && now - answer.at < FRESH) return answer.stopped;
    answer = { at: now, stopped: await read(ssm, name, onTransient) };
    return answer.stopped;
  };
}

async function read(ssm: SSMClient, name: string, onTransient: OnTransient): Promise<Fact<boolean>> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    const value = Parameter?.Value;
    if (value === 'on' || value === 'off') return { known: true, value: value === 'on' };
    return unread(`the SSM parameter ${name} is ${JSON.stringify(value)}; set it to on or off`);
  } catch (error) {
    if (onTransient === 'throw' && sortFailure(error).kind === 'transient') throw error;
    const what = error instanceof Error ? error.name : String(error);
    return unread(`the SSM parameter ${name} could not be read (${what}); create it with the value off`);
  }
}

const unread = (reason: string): Unread => ({ known: false, reason });
