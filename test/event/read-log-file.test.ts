import { describe, expect, test } from '@jest/globals';
import { readLogFile } from '../../lib/event/read-log-file.ts';
import { readRecord } from '../../lib/event/read-record.ts';
import { CONTEXT, recordOf } from './fixtures.ts';

const ARCHIVE = { ...CONTEXT, origin: 'archive' } as const;

describe('a CloudTrail log file', () => {
  test('gives one action per record, in the order of the file', () => {
    const records = [recordOf({ eventID: 'event-1' }), recordOf({ eventID: 'event-2', eventName: 'EnableKey' })];
    const actions = records.map((record) => ({ action: readRecord(record, ARCHIVE) }));
    expect(readLogFile(JSON.stringify({ Records: records }), ARCHIVE)).toEqual(actions);
    expect(readLogFile({ Records: records }, ARCHIVE)).toEqual(actions);
    expect(actions[0]?.action.origin).toBe('archive');
  });

  test('hands a record that cannot be read back, and reads the others', () => {
    const bad = recordOf({ eventID: undefined });
    const entries = readLogFile({ Records: [recordOf(), bad, null, 'text', recordOf()] }, ARCHIVE);
    expect(
      entries.map((entry) => ('action' in entry ? entry.action.api : [entry.malformed.code, entry.record])),
    ).toEqual([
      'DisableKeyRotation',
      ['missing-field', bad],
      ['not-an-object', null],
      ['not-json', 'text'],
      'DisableKeyRotation',
    ]);
  });

  test('loses no record to one that is nested deeper than any reader can follow', () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const text = JSON.stringify({ Records: [recordOf(), 'HERE', recordOf()] }).replace('"HERE"', deep);
    const entries = readLogFile(text, ARCHIVE);
    expect(entries.map((entry) => ('action' in entry ? 'read' : entry.malformed.code))).toEqual([
      'read',
      'not-json',
      'read',
    ]);
  });

  test('without records has no actions', () => {
    expect(readLogFile('{"Records": []}', ARCHIVE)).toEqual([]);
  });

  test('that is no JSON is refused with what the parser says', () => {
    const cause = expect.objectContaining({ name: 'SyntaxError' });
    expect(() => readLogFile('{"Records": [', ARCHIVE)).toThrow(expect.objectContaining({ cause }));
  });

  test.each([
    ['{"Records": [', 'not-json', 'the log file is "{\\"Records\\": ["; expected JSON text; unpack a .gz file first.'],
    [
      '\u001f\u008b\u0008',
      'not-json',
      'the log file is "\\u001f\\u008b\\b"; expected JSON text; unpack a .gz file first.',
    ],
    ['[]', 'not-an-object', 'Records is missing; expected the list of records of a CloudTrail log file.'],
    [{ Records: {} }, 'not-an-object', 'Records is {}; expected the list of records of a CloudTrail log file.'],
    [undefined, 'not-an-object', 'Records is missing; expected the list of records of a CloudTrail log file.'],
  ])('is not %j', (file, code, message) => {
    expect(() => readLogFile(file, ARCHIVE)).toThrow(
      expect.objectContaining({ name: 'MalformedEventError', code, message }),
    );
  });
});
