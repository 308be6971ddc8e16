import { controls, controlsFor } from '../controls/index.ts';
import type { Outcome } from '../event/key-action.ts';
import { KMS_SOURCE } from '../event/operations.ts';

const OUTCOMES: readonly Outcome[] = ['succeeded', 'denied', 'failed', 'dry-run'];

/**
 * What makes a control judge, as `<event source> <operation> <outcome>`: plain text, so that the threads that read need not
 * load the controls.
 */
export function listTriggers(): ReadonlySet<string> {
  const events = controls.flatMap(({ eventSource = KMS_SOURCE, events: own, otherEvents = {} }) => [
    ...own.map((api) => [eventSource, api] as const),
    ...Object.entries(otherEvents).flatMap(([source, apis]) => apis.map((api) => [source, api] as const)),
  ]);
  const triggers = events.flatMap(([source, api]) =>
    OUTCOMES.filter((outcome) => controlsFor(source, api, outcome).length > 0).map(
      (outcome) => `${source} ${api} ${outcome}`,
    ),
  );
  return new Set(triggers);
}
