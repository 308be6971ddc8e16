import { describe, expect, test } from '@jest/globals';
import { known, unread } from '../../lib/facts/key-facts.ts';
import { EMPTY_HISTORY } from '../../lib/facts/key-history.ts';
import { readPast } from '../../lib/facts/past-reader.ts';
import { TransientReadError } from '../../lib/facts/read-error.ts';
import { KEY_ARN, KEY_ID } from './key.ts';

const failing = (fields: object) => async () => {
  throw Object.assign(new Error('The table says no.'), fields);
};
const DENIED = failing({ name: 'AccessDeniedException', $fault: 'client', $metadata: { httpStatusCode: 400 } });
const THROTTLED = failing({ name: 'ThrottlingException', $fault: 'client', $metadata: { httpStatusCode: 400 } });
const said = { known: false, reason: expect.stringContaining(`the record of key ${KEY_ID} could not be read`) };

describe('the past of a key', () => {
  test('is what the record says, known or not', async () => {
    const ask = (fact: ReturnType<typeof unread> | ReturnType<typeof known<typeof EMPTY_HISTORY>>) =>
      readPast({ readHistory: async () => fact, onTransient: 'throw' }, KEY_ARN);
    expect(await ask(known(EMPTY_HISTORY))).toEqual(known(EMPTY_HISTORY));
    expect(await ask(unread('entry 3 is broken'))).toEqual(unread('entry 3 is broken'));
  });

  test('is unread where nobody keeps a record', async () => {
    expect(await readPast({ onTransient: 'throw' }, KEY_ARN)).toMatchObject({ known: false });
  });

  test('is unread, with the reason, when the table may not be read', async () => {
    expect(await readPast({ readHistory: DENIED, onTransient: 'throw' }, KEY_ARN)).toEqual(said);
  });

  test('is asked for again when the table fails in a way that passes, and unread on the last delivery', async () => {
    await expect(readPast({ readHistory: THROTTLED, onTransient: 'throw' }, KEY_ARN)).rejects.toBeInstanceOf(
      TransientReadError,
    );
    expect(await readPast({ readHistory: THROTTLED, onTransient: 'unread' }, KEY_ARN)).toEqual(said);
  });
});
