import { expect, test } from '@jest/globals';
import { writeLimitMessage } from '../../lib/alert/limit-message.ts';
import type { ActionEntry } from '../../lib/ledger/entry.ts';
import { actionOf } from '../controls/control-case.ts';
import { KEY_ARN } from '../facts/key.ts';
import { parseCommand } from './parse-command.ts';

const ENTRY: ActionEntry = {
  type: 'action',
  v: 1,
  seq: 7,
  prevHash: '0'.repeat(64),
  eventId: 'e-1',
  recordedBy: 'keywarden test',
  recordedAt: '2026-08-03T09:05:00.000Z',
  subject: KEY_ARN,
  action: actionOf('DisableKeyRotation'),
  policy: 'f'.repeat(64),
  verdicts: [],
  decisions: [],
};

test('The message about the limit of changes says what was held first, and what to do, by commands that reach this stage', () => {
  const place = { account: '111122223333', region: 'eu-west-1', stage: 'prod' };
  const { subject, text, json, attributes } = writeLimitMessage(ENTRY, 20, place);
  expect(subject).toBe('[Keywarden] CRITICAL Keywarden stopped changing keys: 20 changes in one hour');
  expect(text).toContain(`the first that was held is DisableKeyRotation on ${KEY_ARN}`);
  const commands = [...text.matchAll(/: (keywarden .*--stage prod)$/gm)].map(([, command = '']) => command);
  expect(commands).toEqual([
    'keywarden findings --region eu-west-1 --stage prod',
    `keywarden ledger show ${KEY_ARN} --region eu-west-1 --stage prod`,
  ]);
  expect(commands.map(parseCommand)).toEqual(['taken', 'taken']);
  expect(json).toMatchObject({ version: 1, state: 'limit-reached', limit: 20, hour: '2026-08-03T09' });
  expect(attributes).toMatchObject({ severity: 'critical', control: 'changes-per-hour', state: 'needs-approval' });
});
