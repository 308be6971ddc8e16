import fc from 'fast-check';
import { alikeObjects, objects, type Spelling, spell, spellings, type Tree } from './odd-json.ts';

/** A text, and where in it the objects at the place of records are. */
export interface Text {
  readonly bytes: Buffer;
  readonly units: readonly { readonly from: number; readonly to: number }[];
  /** Where no record and no list is begun and not ended: there the text may end. */
  readonly ends: readonly number[];
}

type Part = string | { readonly unit: string } | 'may end';

/** Texts of all layouts, from objects that are spelled oddly. */
export const textsOfObjects: fc.Arbitrary<Text> = fc
  .tuple(
    fc.constantFrom('file', 'files', 'list', 'lines', 'joined', 'windows lines'),
    fc.array(fc.tuple(objects, spellings), { maxLength: 6 }),
    fc.boolean(),
    fc.array(
      fc.tuple(fc.constantFrom('digest', 'Record', 'x', 'eventSource'), fc.constantFrom<Tree>(['Records'], 'x', [])),
      {
        maxLength: 2,
      },
    ),
    spellings,
  )
  .map(([layout, list, bom, around, spelling]) => {
    const units = list.map(([object, own]) => ({ unit: spell(object, own) }));
    return build([bom ? '\ufeff' : '', 'may end', ...arrange(layout, units, around, spelling)]);
  });

/** Texts of records that are alike. */
export const textsOfAlike: fc.Arbitrary<Text> = fc
  .tuple(
    fc.constantFrom('file', 'list', 'lines'),
    fc.array(alikeObjects, { minLength: 1, maxLength: 3 }),
    // A spelling of one number is the same at every place.
    fc.oneof({ weight: 4, arbitrary: fc.constant([1]) }, { weight: 1, arbitrary: spellings }),
  )
  .map(([layout, groups, spelling]) => {
    const units = groups.flat().map((object) => ({ unit: spell(object, spelling) }));
    return build(arrange(layout, units, [], [1]));
  });

function arrange(
  layout: string,
  units: readonly { readonly unit: string }[],
  around: readonly (readonly [string, Tree])[],
  spelling: Spelling,
): Part[] {
  const commas = units.flatMap((unit, at): Part[] => (at === 0 ? [unit] : [at % 2 === 0 ? ',' : ' ,\n', unit]));
  const ended = (end: string) => units.flatMap((unit): Part[] => [unit, 'may end', end, 'may end']);
  switch (layout) {
    case 'list':
      return ['[', ...commas, ']', 'may end'];
    case 'lines':
      return ended('\n');
    case 'windows lines':
      return ended('\r\n');
    case 'joined':
      return ended('');
    case 'files':
      return [...wrap(commas, around, spelling), ...wrap([...units.slice(0, 1)], [], [1])];
    default:
      return wrap(commas, around, spelling);
  }
}

/** The object of a log file, with other members before and behind its records. */
function wrap(records: readonly Part[], around: readonly (readonly [string, Tree])[], spelling: Spelling): Part[] {
  const text = spell({ members: [...around.slice(1), ['Records', []], ...around.slice(0, 1)] }, spelling);
  // The list of records is the one that its decoded name stands before; other lists here are not empty or come later.
  const at = findList(text);
  return [text.slice(0, at + 1), ...records, text.slice(at + 1), 'may end'];
}

function findList(text: string): number {
  const name = /"((?:[^"\\]|\\.)*)"\s*:\s*(?=\[)/gs;
  for (const found of text.matchAll(name)) {
    if (JSON.parse(`"${found[1]}"`) === 'Records') return found.index + found[0].length;
  }
  throw new Error(`There is no list of records in ${text}.`);
}

function build(parts: readonly Part[]): Text {
  const units: { from: number; to: number }[] = [];
  const ends: number[] = [];
  let bytes = Buffer.alloc(0);
  for (const part of parts) {
    if (part === 'may end') {
      ends.push(bytes.length);
      continue;
    }
    const from = bytes.length;
    bytes = Buffer.concat([bytes, Buffer.from(typeof part === 'string' ? part : part.unit)]);
    if (typeof part !== 'string') units.push({ from, to: bytes.length });
  }
  return { bytes, units, ends };
}
