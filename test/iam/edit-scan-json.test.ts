import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type JsonNode, scanJson } from '../../lib/iam/edit/scan-json.ts';
import { choices, writeJson } from './edit-formatted-json.ts';

/** What a node means, read from its own stretch of the text and from its parts. */
function readBack(node: JsonNode, text: string): unknown {
  if (node.kind === 'array') return node.items.map((item) => readBack(item, text));
  if (node.kind === 'object') {
    return Object.fromEntries(node.members.map(({ name, value }) => [name, readBack(value, text)]));
  }
  const own: unknown = JSON.parse(text.slice(node.start, node.end));
  return node.kind === 'string' ? node.value : own;
}

function everyNode(node: JsonNode): JsonNode[] {
  if (node.kind === 'array') return [node, ...node.items.flatMap(everyNode)];
  if (node.kind === 'object') return [node, ...node.members.flatMap(({ value }) => everyNode(value))];
  return [node];
}

describe('the scanner', () => {
  test('reads any JSON in any formatting as the language itself does, and knows where each value stands', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), choices, (value, choose) => {
        const text = writeJson(value, choose);
        const scan = scanJson(text);
        if ('problem' in scan) throw new Error(scan.problem);
        expect(readBack(scan.node, text)).toEqual(JSON.parse(text));
        for (const node of everyNode(scan.node)) {
          const own = text.slice(node.start, node.end);
          expect(own.trim()).toBe(own);
          expect(readBack(node, text)).toEqual(JSON.parse(own));
        }
      }),
    );
  });

  test('takes exactly the texts that the language takes, up to its depth', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[{}[\]",:0-9a-z\\ \n-]{0,40}$/), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect('node' in scanJson(text)).toBe(isJson);
      }),
    );
  });

  test('keeps both of two members with one name, each with its place', () => {
    const text = '{ "a" : 1, "a":[ ] }';
    const scan = scanJson(text);
    const members = 'node' in scan && scan.node.kind === 'object' ? scan.node.members : [];
    expect(members.map(({ start, end }) => text.slice(start, end))).toEqual(['"a" : 1', '"a":[ ]']);
  });

  test('says why a text cannot be read', () => {
    expect(scanJson('{"a":}')).toEqual({ problem: expect.stringContaining('The text is not JSON: ') });
    expect(scanJson(`${'['.repeat(65)}${']'.repeat(65)}`)).toEqual({
      problem: 'The text nests deeper than 64 levels.',
    });
    expect(scanJson(`${'['.repeat(64)}${']'.repeat(64)}`)).toHaveProperty('node');
  });
});
