import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../lib/event/digest.ts';
import { MalformedEventError } from '../../lib/event/malformed-event-error.ts';
import { malformedId } from '../../lib/event/malformed-id.ts';
import { fieldOf, readJsonObject, textOf } from '../../lib/event/plain-json.ts';

describe('the copy of an event', () => {
  test('holds nothing but JSON: no getter, no foreign prototype, nothing shared with the original', () => {
    class Sneaky {
      kept = { x: 1 };
      get changing(): number {
        return Math.PI;
      }
    }
    const original = new Sneaky();
    const copy = readJsonObject(original, 'the event');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy).toEqual({ kept: { x: 1 } });
    original.kept.x = 2;
    expect(copy).toEqual({ kept: { x: 1 } });
  });

  test.each([
    ['a lone surrogate', '{"a":"x\\ud800y"}', { a: 'x\\ud800y' }],
    ['a lone surrogate in a name', '{"\\udc00":1}', { '\\udc00': 1 }],
    ['the text of an escape', '{"a":"\\\\ud800"}', { a: '\\ud800' }],
    ['a pair of surrogates', '{"a":"\\ud83d\\ude00"}', { a: '\u{1f600}' }],
    ['a number beyond a double', '{"a":1e999,"b":-1e999}', { a: 'Infinity', b: '-Infinity' }],
    ['a field named __proto__', '{"__proto__":{"polluted":true}}', JSON.parse('{"__proto__":{"polluted":true}}')],
  ])('keeps %s', (_what, text, expected) => {
    const copy = readJsonObject(text, 'the event');
    expect(copy).toStrictEqual(expected);
    expect(digestOf(copy)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('refuses a cycle, and a getter that throws', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const trap = Object.defineProperty({}, 'x', { enumerable: true, get: () => JSON.parse('{') });
    for (const input of [cycle, trap]) {
      expect(() => readJsonObject(input, 'the event')).toThrow(
        expect.objectContaining({ code: 'not-json', cause: expect.any(Error) }),
      );
    }
  });

  test('gives fields of its own only, and takes null for nothing', () => {
    expect(fieldOf({}, 'constructor')).toBeUndefined();
    expect(fieldOf({ a: null }, 'a')).toBeUndefined();
    expect(fieldOf(undefined, 'a')).toBeUndefined();
    expect(textOf({ a: '' }, 'a')).toBeUndefined();
    expect(textOf({ a: 7 }, 'a')).toBeUndefined();
  });
});

describe('the digest', () => {
  test('does not depend on the order of keys and does on everything else', () => {
    expect(digestOf({ a: 1, b: { c: 2, d: 3 } })).toBe(digestOf({ b: { d: 3, c: 2 }, a: 1 }));
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: '1' }));
    expect(digestOf({ a: [1, 2] })).not.toBe(digestOf({ a: [2, 1] }));
  });

  test('is the sha256 of the canonical JSON, so that anybody can compute it', () => {
    // printf '{"a":1,"b":[true,null]}' | sha256sum
    expect(digestOf({ b: [true, null], a: 1 })).toBe(
      '1cc69c7fa23616ca2ec3ee70d24390a6225c8832db8a4c814c7e0e7f942f8668',
    );
  });

  test.each([[undefined], [{ a: Number.NaN }], [() => 1]])(
    'is refused for %p, which has no canonical form',
    (value) => {
      expect(() => digestOf(value)).toThrow(expect.objectContaining({ code: 'not-json' }));
    },
  );

  test('says what has no canonical form, and why', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const message = 'the event is a value of type object; expected a value with a canonical form (RFC 8785).';
    expect(() => digestOf(cycle)).toThrow(expect.objectContaining({ message, cause: expect.any(Error) }));
  });
});

describe('an error about an event', () => {
  const messageOf = (value: unknown) =>
    new MalformedEventError('invalid-field', { field: 'x', value, expected: 'y' }).message;

  test('is one printable line, whatever the value', () => {
    expect(messageOf('a\nERROR forged\u2028\u202e\u0000\u{1f600}')).toBe(
      'x is "a\\nERROR forged\\u2028\\u202e\\u0000\\ud83d\\ude00"; expected y.',
    );
  });

  test('shortens a long value', () => {
    expect(messageOf('z'.repeat(1_000_000))).toHaveLength('x is ; expected y.'.length + 120);
    expect(messageOf({ list: Array.from({ length: 1000 }, () => 1) })).toContain('...; expected y.');
  });

  test('shows a value of the longest length whole', () => {
    const longest = 'z'.repeat(120 - '""'.length);
    expect(messageOf(longest)).toBe(`x is "${longest}"; expected y.`);
  });

  test('shows a value that no JSON can hold by its type', () => {
    expect(messageOf(7n)).toBe('x is a value of type bigint; expected y.');
    expect(messageOf(() => 1)).toBe('x is function; expected y.');
    expect(messageOf(undefined)).toBe('x is missing; expected y.');
  });
});

describe('the id of an event that cannot be read', () => {
  test('is that of its text, so that a repetition is recognised', () => {
    // printf '{' | sha256sum
    expect(malformedId('{')).toBe('malformed-021fb596db81e6d02bf3d2586ee3981fe519f275c0ac9ca76bbcf2ebb4097d96');
    expect(malformedId('{ ')).not.toBe(malformedId('{'));
  });

  test('of a record of a log file does not depend on the order of its keys', () => {
    expect(malformedId({ a: 1, b: 2 })).toBe(malformedId({ b: 2, a: 1 }));
    expect(malformedId({ a: 1 })).not.toBe(malformedId({ a: 2 }));
  });

  test('of a record of CloudTrail does not depend on the way by which it came', () => {
    const record = { eventID: 'a', eventTime: 'yesterday' };
    const ways = [
      record,
      JSON.stringify(record),
      JSON.stringify({ archived: record }),
      `{ "detail": ${JSON.stringify(record)} }`,
    ];
    expect(new Set(ways.map(malformedId)).size).toBe(1);
    expect(malformedId({ ...record, eventID: 'b' })).not.toBe(malformedId(record));
  });

  test('of an event without a record of CloudTrail is that of all of it', () => {
    expect(malformedId('{"id":"1","detail":{}}')).not.toBe(malformedId('{"id":"2","detail":{}}'));
  });

  test('of a value that no JSON can hold depends on all of it', () => {
    const ids = [{ a: { b: { c: { d: 1n } } } }, { a: { b: { c: { d: 2n } } } }].map(malformedId);
    const lists = [1n, 2n].map((last) => malformedId([...Array(200).keys(), last]));
    const texts = ['a', 'b'].map((end) => malformedId({ number: 1n, text: `${'x'.repeat(20_000)}${end}` }));
    for (const pair of [ids, lists, texts]) expect(new Set(pair).size).toBe(2);
  });

  test('exists for every value', () => {
    const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const ids = [undefined, null, 7n, Number.NaN, deep, cycle].map(malformedId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^malformed-[0-9a-f]{64}$/);
  });
});
