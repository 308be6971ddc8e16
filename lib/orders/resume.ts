import type { ResumeMessage } from '../context.ts';
import { SWEEPS } from '../ledger/keys.ts';
import { resumeAction } from '../pipeline.ts';
import { resumeLot } from './approve-lot.ts';
import type { Carrying } from './context.ts';

/**
 * Takes an order up again that an invocation recorded and did not finish. Nothing is done about one that was finished, or that
 * was never recorded.
 *
 * @throws {BusyError} while that invocation may still work on it; the message returns
 */
export async function resumeOrder({ resume }: ResumeMessage, context: Carrying): Promise<void> {
  const { pipeline, delivery } = context;
  if (resume.subject !== SWEEPS) {
    await resumeAction(pipeline, resume, delivery);
    return;
  }
  const { work } = await pipeline.ledger.look(resume.eventId, resume.subject, []);
  if (work !== undefined) await resumeLot(resume, context);
}
