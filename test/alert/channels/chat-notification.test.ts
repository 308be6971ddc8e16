import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toChatNotification } from '../../../lib/alert/channels/chat-notification.ts';
import { writeFramed } from '../../../lib/alert/frame.ts';
import { writeMessage } from '../../../lib/alert/message.ts';
import type { Notice } from '../../../lib/alert/notice.ts';
import { EVERY_STATE, KEY, noticeOf } from './notices.ts';

const write = (notice: Notice) => toChatNotification({ message: writeMessage(notice), notice });

/** What is outside of blocks of code, where a chat formats and links. */
const outside = (markdown: string): string => markdown.replace(/```[^`]*```/g, '').replace(/`[^`]*`/g, '');

describe('what the chat shows', () => {
  test.each(Object.entries(EVERY_STATE))(
    'of a finding that is %s has the form that Amazon Q understands',
    (_state, notice) => {
      const { version, source, content, metadata } = write(notice);
      expect({ version, source, textType: content.textType }).toEqual({
        version: '1.0',
        source: 'custom',
        textType: 'client-markdown',
      });
      expect(content.title).toMatch(/^HIGH \S/);
      expect(content.description).toContain('*What happened*');
      expect(content.keywords).toEqual(['high', 'rotation-enabled', notice.state]);
      expect(metadata).toMatchObject({ eventType: `keywarden-${notice.state}`, relatedResources: [KEY] });
    },
  );

  test('is one thread for one finding, and another for another', () => {
    const threads = Object.values(EVERY_STATE).map((notice) => write(notice).metadata.threadId);
    expect(new Set(threads)).toEqual(new Set(['rotation-enabled@1234abcd-12ab-34cd-56ef-1234567890ab']));
    expect(write(noticeOf({ finding: { item: 'grant-1' } })).metadata.threadId).not.toBe(threads[0]);
  });

  test('has what to do now as steps, and not a second time in the description', () => {
    const { nextSteps = [], description } = write(EVERY_STATE['needs-approval']).content;
    expect(nextSteps.join('\n')).toContain('keywarden approve rotation-enabled@1234abcd-12ab-34cd-56ef-1234567890ab');
    expect(description).not.toContain('What to do now');
  });

  test('says that a step is too long instead of cutting a command, which would be another one', () => {
    const long = `keywarden approve ${'x'.repeat(400)}`;
    const message = writeFramed({
      severity: 'low',
      headline: 'Any',
      sections: [['What to do now', [long, ...Array.from({ length: 20 }, (_, at) => `Step ${at}`)]]],
      control: 'policy',
      state: 'any',
      place: { account: '111122223333', region: 'eu-west-1' },
      json: {},
    });
    const { nextSteps = [] } = toChatNotification({ message }).content;
    expect(nextSteps[0]).toBe('One step is too long for a chat: the e-mail has it.');
    expect(nextSteps).toHaveLength(10);
    expect(nextSteps.at(-1)).toBe('12 more steps are in the e-mail.');
  });

  test('is a thread of its kind, and names no resource, when it is about no finding', () => {
    const message = { ...writeMessage(noticeOf()), attributes: { control: 'waivers', state: 'expired' } };
    const { metadata } = toChatNotification({ message });
    expect(metadata.threadId).toBe('keywarden-waivers');
    expect(metadata.relatedResources).toEqual([]);
  });

  test.each([
    ['a link', '<https://example.com|your approval>', /<https/],
    ['a mention of everybody', '<!channel> look', /<!/],
    ['the end of a block of code', '``` <!here> ```', /`{3} ‹/],
    ['a link of Teams', '[approve](https://example.com)', /\]\(/],
  ])('lets nobody put %s into it by a name', (_what, name, forbidden) => {
    const notice = noticeOf({
      finding: { reason: name },
      action: { actor: { type: 'IAMUser', person: name, bySelf: false } },
    });
    const { title, description, nextSteps = [] } = write(notice).content;
    expect(outside(description)).not.toMatch(forbidden);
    expect([title, description, ...nextSteps].join('\n')).not.toMatch(/<|>/);
    expect(outside([title, description, ...nextSteps].join('\n'))).not.toContain('example.com');
  });

  test('stays within its bounds, and keeps what is from outside in blocks of code, whatever the names are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
        const mark = `MARK${text}`;
        const { content, metadata } = write(noticeOf({ finding: { reason: mark, item: mark } }));
        expect(Buffer.byteLength(content.title)).toBeLessThanOrEqual(200);
        expect(Buffer.byteLength(content.description)).toBeLessThanOrEqual(6_100);
        expect(Buffer.byteLength(metadata.threadId)).toBeLessThanOrEqual(250);
        expect(Buffer.byteLength(JSON.stringify({ content, metadata }))).toBeLessThan(200_000);
        expect(outside(content.description)).not.toContain('MARK');
      }),
      { numRuns: 50 },
    );
  });
});
