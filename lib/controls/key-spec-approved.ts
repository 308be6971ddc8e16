import { showText } from '../facts/plain-text.ts';
import { KEY_SPECS_BY_USAGE, type Policy } from '../policy/policy.ts';
import type { Control } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html */
const keySpecApproved: Control = {
  id: 'key-spec-approved',
  title: 'The key spec is approved for what the key is used for',
  step: '4.1.2',
  severity: 'high',
  why:
    'The key spec fixes the algorithm and the length of a key for its whole life. A key that is too weak can be broken ' +
    'without anyone touching the account, and everything it protects or signs has to be treated again with a new key. ' +
    'The policy file lists the specs that are strong enough for each usage.',
  notApplicable: 'AWS manages the key and chose its spec, or the key no longer exists.',
  // The spec never changes. A replica brings its own CreateKey; DeleteKey closes what was found. A weak key that is
  // disabled or waits for its deletion stays weak: both can be taken back.
  events: ['CreateKey', 'DeleteKey'],
  judgesState: true,
  reads: ['key'],
  iam: ['kms:DescribeKey'],
  defaultMode: 'observe',
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.8.24'],
    'NIST SP 800-53 Rev. 5': ['SC-12', 'SC-13'],
    'NIST SP 800-57 Part 1 Rev. 5': ['5.6'],
    'PCI DSS 4.0.1': ['3.7.1'],
  },
  runbook: [
    '1. Within 1 working day, find out who made the key and what for: `actor.person`, `actor.arn`, `request.keySpec`, `request.keyUsage` and `request.description` of the action in the ledger entry, and the tags of the key.',
    '2. If the key is new and not in use, have a key with an approved spec made instead and this one scheduled for deletion with the full waiting period, within 5 working days. The spec of a key cannot be changed.',
    '3. If the key is in use, agree with its owner within 10 working days on a date by which data is encrypted or signed again with an approved key. Do not delete the old key before that: what it encrypted would be lost.',
    '4. If the verdict is unknown, the spec or the usage is newer than this version of Keywarden. Within 5 working days decide whether it is strong enough, and update Keywarden.',
  ],
  verify: ({ policy, ...evidence }) =>
    judgeKey(
      { policy, ...evidence },
      ({ manager, usage, spec }, name) => {
        if (manager === 'AWS') return judge('not-applicable', `${name} is managed by AWS, which chose its spec`);
        const [known, approved] = [listOf(KEY_SPECS_BY_USAGE, usage), listOf(policy.keySpecs, usage)];
        if (known === undefined || approved === undefined) {
          return judge(
            'unknown',
            `${name} is for ${showText(usage)}, a usage that this version of Keywarden does not know`,
          );
        }
        const what = `${showText(spec)} for ${usage}`;
        if (approved.includes(spec)) return judge('compliant', `${name} is ${what}, which the policy approves`);
        return known.includes(spec)
          ? judge('violation', `${name} is ${what}, and the policy approves ${approved.join(', ')}`)
          : judge('unknown', `${name} is ${what}, a key spec that this version of Keywarden does not know for it`);
      },
      ['manager', 'usage', 'spec'],
    ),
};

export default keySpecApproved;

/** Only what the list itself holds: the usage is text from outside and may be the name of an inherited property. */
function listOf(lists: typeof KEY_SPECS_BY_USAGE | Policy['keySpecs'], usage: string): readonly string[] | undefined {
  return Object.hasOwn(lists, usage) ? lists[usage as keyof typeof lists] : undefined;
}
