import type { Unarmed } from '../policy/unarmed.ts';
import { type Message, numberSteps, type Place, TITLES, writeFramed } from './frame.ts';

/**
 * Writes the one message about lists that a policy leaves empty. It is sent once for each version of the policy file.
 *
 * @param unarmed at least one
 * @param policyDigest sha256 (hex) of the policy file
 */
export function writeUnarmedMessage(unarmed: readonly Unarmed[], policyDigest: string, place: Place): Message {
  const count = unarmed.length === 1 ? '1 list' : `${unarmed.length} lists`;
  return writeFramed({
    severity: 'medium',
    headline: `${count} of the policy file ${unarmed.length === 1 ? 'is' : 'are'} empty`,
    sections: [
      [
        TITLES.happened,
        [
          'These lists name nobody and nothing yet, so that the controls beside them judge less than they could:',
          ...unarmed.flatMap(describe),
        ],
      ],
      [
        TITLES.done,
        [
          'Nothing. It judges by what the policy file says, and says so here once; it is silent until the file changes.',
        ],
      ],
      [
        TITLES.next,
        numberSteps([
          'Fill the lists in in keywarden.policy.yml (docs/policy.md explains each), and deploy.',
          'If a list is empty on purpose, keep this message: an auditor will ask who decided that.',
        ]),
      ],
      [
        TITLES.look,
        [`The policy file has the digest ${policyDigest}`, 'The ledger has this notice: keywarden ledger show policy'],
      ],
    ],
    control: 'policy',
    state: 'lists-empty',
    place,
    json: { state: 'lists-empty', policy: policyDigest, count: unarmed.length, unarmed },
  });
}

const describe = ({ settings, controls, effect }: Unarmed): readonly string[] => [
  settings.join(', '),
  `  ${effect}`,
  ...(controls.length === 0 ? [] : [`  ${controls.join(', ')}`]),
];
