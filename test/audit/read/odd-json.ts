import fc from 'fast-check';

/** JSON before it is spelled: objects as members, so that a name can be there twice. */
export type Tree = string | number | boolean | null | readonly Tree[] | { readonly members: readonly Member[] };
export type Member = readonly [name: string, value: Tree];

/** How a tree is spelled: each number decides about one place where JSON leaves a choice. */
export type Spelling = readonly number[];

/** Spells a tree, with white space and escapes wherever JSON allows them. */
export function spell(tree: Tree, spelling: Spelling): string {
  let at = 0;
  const choose = (limit: number) => {
    at += 1;
    return (spelling[at % spelling.length] ?? 0) % limit;
  };
  const white = () => WHITE[choose(WHITE.length)] ?? '';
  const character = (one: string) => {
    const escapes = [...(SHORT_ESCAPES.get(one) ?? []), escapeByCode(one)];
    if (one < ' ' || one === '"' || one === '\\' || choose(16) === 0) return escapes[choose(escapes.length)] ?? one;
    return one;
  };
  const text = (value: string) => `"${[...value].map(character).join('')}"`;
  const list = (open: string, parts: string[], close: string) =>
    `${open}${white()}${parts.join(`${white()},${white()}`)}${white()}${close}`;
  const write = (value: Tree): string => {
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    if (!('members' in value)) return list('[', value.map(write), ']');
    return list(
      '{',
      value.members.map(([name, one]) => `${text(name)}${white()}:${white()}${write(one)}`),
      '}',
    );
  };
  return write(tree);
}

const WHITE = ['', '', '', '', '', ' ', '\n', '\r\n', '\t', '  \n  '];
const SHORT_ESCAPES = new Map([
  ['"', ['\\"']],
  ['\\', ['\\\\']],
  ['/', ['\\/']],
  ['\n', ['\\n']],
  ['\t', ['\\t']],
]);

/** Each UTF-16 unit as `\uXXXX`. */
const escapeByCode = (one: string): string =>
  Array.from({ length: one.length }, (_, at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

export const spellings: fc.Arbitrary<Spelling> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([1]) },
  { weight: 3, arbitrary: fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 }) },
);

const SOURCES = ['kms.amazonaws.com', 'iam.amazonaws.com', 's3.amazonaws.com', 'kms.amazonaws.co', 'aws.kms', ''];

/** Texts that look like what a reader looks for. */
const TEXTS = [
  ...SOURCES,
  'eventSource',
  '"eventSource":"kms.amazonaws.com"',
  '},{"eventVersion":"1.11","eventSource":"kms.amazonaws.com"}',
  '{"Records":[{"eventVersion":"1.11"',
  '\n{"eventVersion":"1.11"}\n',
  '\\',
  '\\"',
  '"',
  ']}',
  'abcdefghijk',
  'ümläut 鍵 🔑 \u2028',
  '\u0000\u001f\t',
];

const texts = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary', maxLength: 20 }));
const NAMES = [
  'eventSource',
  'eventVersion',
  'detail-type',
  'detail',
  'source',
  'requestParameters',
  'resources',
  'eventSourc',
];
/**
 * Without backslashes: JSON.parse of V8 13.6 (Node 24) compares an escaped name with one it read before by its spelling,
 * so that after `{"a":1,"\u005c":1}` it takes the name `\u0022` of the same place for a backslash too.
 */
const names = fc
  .oneof({ weight: 3, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: texts })
  .filter((name) => !name.includes('\\'));

const scalars: fc.Arbitrary<Tree> = fc.oneof(
  texts,
  fc.constantFrom(true, false, null),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const { tree: trees } = fc.letrec<{ tree: Tree; object: Tree; list: Tree }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4, depthSize: 'small' }, scalars, tie('object'), tie('list')),
  object: fc.array(fc.tuple(names, tie('tree')), { maxLength: 5 }).map((members) => ({ members })),
  list: fc.array(tie('tree'), { maxLength: 4 }),
}));

const sources: fc.Arbitrary<Member> = fc.constantFrom(...SOURCES).map((source) => ['eventSource', source] as const);

/** Objects at the place of records: most are records, some with an `eventSource` more than one would expect. */
export const objects: fc.Arbitrary<{ readonly members: readonly Member[] }> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 2, arbitrary: sources }, { weight: 1, arbitrary: fc.tuple(names, trees) }), {
      maxLength: 3,
    }),
    fc.array(fc.tuple(names, trees), { maxLength: 4 }),
  )
  .map(([first, rest]) => ({ members: [...rest.slice(2), ...first, ...rest.slice(0, 2)] }));

/** The members that vary between records that are alike. */
export const VARYING = ['eventTime', 'requestParameters', 'detail', 'nothing has it'];

/** Several objects that are spelled alike but for the values of such members; in a few of them others differ too. */
export const alikeObjects: fc.Arbitrary<readonly { readonly members: readonly Member[] }[]> = fc
  .tuple(
    fc.array(fc.oneof(fc.tuple(names, trees), fc.tuple(fc.constantFrom(...VARYING), trees)), { maxLength: 6 }),
    fc.array(fc.array(trees, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
    fc.array(sources, { minLength: 1, maxLength: 3 }),
  )
  .map(([members, values, some]) =>
    values.map((own, at) => ({
      members: [
        ...members.slice(0, 3).map(vary(own)),
        some[at % some.length] ?? ['eventSource', ''],
        ...members.slice(3).map(vary(own)),
      ],
    })),
  );

const vary =
  (values: readonly Tree[]) =>
  ([name, value]: Member, at: number): Member =>
    VARYING.includes(name) ? [name, values[at % values.length] ?? null] : [name, value];
