import type { ActionEntry } from '../../lib/ledger/entry.ts';

/** What the controls of automatic rotation said: tests that are about them must not mind what others say besides. */
export const rotationOf = ({ verdicts }: Pick<ActionEntry, 'verdicts'>) =>
  verdicts.filter(({ control }) => control.startsWith('rotation-'));
