import { showText } from '../facts/plain-text.ts';
import { findTagsWanting, readTagsNow } from '../facts/required-tags.ts';
import { listWords } from '../iam/sentence.ts';
import tagKey from '../remediations/tag-key.ts';
import type { Control, Evidence, Judgement } from './control.ts';
import { judge, judgeKey } from './judgement/judge-key.ts';

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html */
const keyOwnerTagged: Control = {
  id: 'key-owner-tagged',
  title: 'The key has the tags that the policy requires, such as its owner',
  step: '4.1.2',
  severity: 'low',
  why:
    'Every question about a key begins with whom to ask: whether it may be deleted, who may use it, what it protects. A key ' +
    'without an owner is kept forever because nobody dares to delete it, or deleted because nobody asked.',
  notApplicable:
    'AWS manages the key, it no longer exists, or the policy file requires no tags (`generation.requiredTags`).',
  // A replica brings its own CreateKey: tags are not shared. CancelKeyDeletion, because KMS takes no tags before it.
  events: ['CreateKey', 'TagResource', 'UntagResource', 'CancelKeyDeletion', 'DeleteKey'],
  judgesState: true,
  reads: ['key', 'tags'],
  iam: ['kms:DescribeKey', 'kms:ListResourceTags'],
  defaultMode: 'enforce',
  remedy: tagKey,
  standards: {
    'SOC 2': ['CC6.1', 'CC6.7'],
    'ISO/IEC 27001:2022': ['A.5.9', 'A.8.24'],
    'NIST SP 800-53 Rev. 5': ['CM-8', 'SC-12'],
    'PCI DSS 4.0.1': ['3.6.1'],
  },
  runbook: [
    '1. Within 5 working days, ask whoever made the key (`actor.person` or `actor.arn` of its CreateKey in the ledger) who owns it and what it is for.',
    '2. Set the missing tags, or put the owner in place of the maker whom Keywarden wrote: aws kms tag-resource --key-id KEY --tags TagKey=owner,TagValue=NAME.',
    '3. If somebody removed the tag (`request.tagKeys` of an UntagResource), ask them within 5 working days what it was for.',
    '4. If nobody knows the key, look within 10 working days at who uses it (CloudTrail, the last 90 days) before anything is done about it.',
  ],
  verify: (evidence) =>
    judgeKey(
      evidence,
      ({ manager }, name) =>
        manager === 'AWS'
          ? judge('not-applicable', `${name} is managed by AWS, and nobody else can tag it`)
          : judgeTags(name, evidence),
      ['manager'],
    ),
};

export default keyOwnerTagged;

function judgeTags(name: string, evidence: Evidence): Judgement {
  const { requiredTags } = evidence.policy.generation;
  const tags = readTagsNow(evidence);
  if (!tags.known)
    return judge('unknown', `The tags of ${name.replace(/^Key/, 'key')} are unknown because ${tags.reason}`);
  if (requiredTags.length === 0) {
    return judge('not-applicable', `${name}: the policy file requires no tags (generation.requiredTags)`);
  }
  const { missing, blank } = findTagsWanting(tags.value, evidence);
  if (missing.length + blank.length === 0) {
    return judge('compliant', `${name} has the ${nameTags(requiredTags)} that the policy requires`);
  }
  const parts = [
    missing.length === 0 ? '' : `does not have the ${nameTags(missing)} that the policy requires`,
    blank.length === 0 ? '' : `has the ${nameTags(blank)} without a value`,
  ];
  return judge('violation', `${name} ${parts.filter((part) => part !== '').join(', and ')}`);
}

const nameTags = (keys: readonly string[]): string =>
  `${keys.length === 1 ? 'tag' : 'tags'} ${listWords(keys.map(showText))}`;
