import type { Unarmed } from '../policy/unarmed.ts';
import { type Message, toSubject } from './message.ts';

/**
 * Writes the one message about lists that a policy leaves empty. It is sent once for each version of the policy file.
 *
 * @param unarmed at least one
 * @param policyDigest sha256 (hex) of the policy file
 */
export function writeUnarmedMessage(
  unarmed: readonly Unarmed[],
  policyDigest: string,
  place: { readonly account: string; readonly region: string },
): Message {
  const severity = 'medium';
  const count = unarmed.length === 1 ? '1 list' : `${unarmed.length} lists`;
  const headline = `${count} of the policy file ${unarmed.length === 1 ? 'is' : 'are'} empty`;
  return {
    subject: toSubject(`[Keywarden] ${severity.toUpperCase()} ${headline}`),
    text: [
      `${severity.toUpperCase()}  ${headline}`,
      '',
      'What happened',
      '  These lists name nobody and nothing yet, so that the controls beside them judge less than they could:',
      ...unarmed.flatMap(describe),
      '',
      'What Keywarden did',
      '  Nothing. It judges by what the policy file says, and says so here once; it is silent until the file changes.',
      '',
      'What to do now',
      '  1. Fill the lists in in keywarden.policy.yml (docs/policy.md explains each), and deploy.',
      '  2. If a list is empty on purpose, keep this message: an auditor will ask who decided that.',
      '',
      `  The policy file has the digest ${policyDigest}; the ledger has this notice: keywarden ledger show policy`,
      '',
    ].join('\n'),
    json: { version: 1, state: 'lists-empty', ...place, policy: policyDigest, count: unarmed.length, unarmed },
    attributes: { severity, control: 'policy', ...place, state: 'lists-empty' },
  };
}

const describe = ({ settings, controls, effect }: Unarmed): readonly string[] => [
  `  ${settings.join(', ')}`,
  `    ${effect}`,
  ...(controls.length === 0 ? [] : [`    ${controls.join(', ')}`]),
];
