import { AT_RUN_TIME, type Import, type ImportGraph } from './imports.ts';

/** What is wrong with the directions of the imports, one sentence each; empty when all is well. */
export function complain(graph: ImportGraph): string[] {
  return [
    ...[...graph].flatMap(([file, imports]) =>
      imports.flatMap((one) => complainOfImport(file, one).map((complaint) => `${file} ${complaint}`)),
    ),
    ...[...graph.keys()].filter(mustBePure).flatMap((file) => complainOfReach(file, graph)),
    ...findCycles(graph),
    ...findCycles(joinFolders(graph)),
  ];
}

const DOORS = ['handlers', 'cli', 'local'];
const MIDDLE = [
  'event',
  'facts',
  'controls',
  'decide.ts',
  'remediations',
  'ledger',
  'alert',
  'evidence',
  'key-use',
  'report',
];
const BOTTOM = ['policy', 'iam', 'aws', 'procedure.ts'];
/** As high as the pipeline: it judges records as the pipeline judges events, and only the doors use it. */
const BESIDE_PIPELINE = [
  'archive',
  'audit',
  'orders',
  'own-changes',
  'reconcile',
  'reminders',
  'selftest',
  'sweep',
  'use-files',
];

/**
 * How high in the house a file lives; imports go down or stay. Files directly in lib/ are the pipeline and its parts, unless
 * they are named above.
 *
 * @returns undefined for what product code must not import at all (tests, scripts)
 */
function findFloor(file: string): number | undefined {
  const [top = '', inLib = ''] = file.split('/');
  if (DOORS.includes(top)) return 3;
  if (top !== 'lib') return undefined;
  if (MIDDLE.includes(inLib)) return 1;
  if (BOTTOM.includes(inLib)) return 0;
  return BESIDE_PIPELINE.includes(inLib) || inLib.endsWith('.ts') ? 2 : undefined;
}

function complainOfImport(file: string, { target, local, typeOnly }: Import): string[] {
  if (!local) return complainOfPackage(file, target, typeOnly);
  // Version and name are read from it.
  if (target === 'package.json') return [];
  const [from, to] = [findFloor(file), findFloor(target)];
  if (from === undefined)
    return ['lives in a folder that the house does not have; name its floor in test/architecture'];
  if (to === undefined) return [`imports ${target}, which is no product code`];
  return [...complainOfFloors(from, to, typeOnly, target), ...complainOfDoors(file, target)];
}

/**
 * Types leave nothing at run time and are the words that all parts share, so that below the pipeline they may be imported
 * from any floor; from the pipeline and the doors not even types.
 */
function complainOfFloors(from: number, to: number, typeOnly: boolean, target: string): string[] {
  const allowed = to <= from || (typeOnly && to <= 1);
  return allowed ? [] : [`imports ${target}, which is above it`];
}

/** What is deployed or installed must not pull in another door; the local AWS may use them all. */
function complainOfDoors(file: string, target: string): string[] {
  const [from = '', to = ''] = [file.split('/')[0], target.split('/')[0]];
  return from !== to && from !== 'local' && DOORS.includes(to) ? [`imports ${target}, which is another door`] : [];
}

/** Where AWS clients may be used: nothing that judges, reads events or knows the policy has one. */
const MAY_CALL_AWS =
  /^(handlers|cli|local|lib\/(aws|ledger|alert|evidence|key-use|report|selftest\/checks|sweep|use-files))\/|^lib\/facts\/[a-z-]+-reader\.ts$|^lib\/[^/]+\.ts$/;

function complainOfPackage(file: string, name: string, typeOnly: boolean): string[] {
  if (name === AT_RUN_TIME) return file.startsWith('local/') ? [] : ['imports what is only known at run time'];
  const isMiddy = name.startsWith('@middy/') || /^@aws-lambda-powertools\/.*\/middleware$/.test(name);
  if (isMiddy && !file.startsWith('handlers/')) return [`imports ${name}, which only handlers do`];
  const isClient = /^@(aws-sdk|smithy)\//.test(name);
  if (isClient && !typeOnly && (file === 'lib/decide.ts' || !MAY_CALL_AWS.test(file))) {
    return [`imports ${name}, and must not call AWS`];
  }
  return [];
}

/** What decides without looking or acting: it works on what it is given, and can be tried with anything. */
const mustBePure = (file: string): boolean =>
  /^lib\/(controls|remediations)\//.test(file) ||
  file === 'lib/decide.ts' ||
  file === 'lib/facts/rotation-eligibility.ts';

/** Packages that only compute: a digest is the same wherever it is made. */
const PURE_PACKAGES: readonly string[] = ['zod', 'node:crypto'];
const IMPURE_FILES =
  /^lib\/(aws|ledger|alert|evidence|key-use|report)\/|^lib\/facts\/[a-z-]+-reader\.ts$|^lib\/policy\/load-policy\.ts$/;

function complainOfReach(file: string, graph: ImportGraph): string[] {
  return [...findReach(file, graph)]
    .filter((name) => (graph.has(name) ? IMPURE_FILES.test(name) : !PURE_PACKAGES.includes(name)))
    .map((name) => `${file} must be pure and reaches ${name}`);
}

/** Everything that a file brings along at run time: files and packages. */
function findReach(file: string, graph: ImportGraph): Set<string> {
  const reached = new Set<string>();
  const pending = [file];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const { target, typeOnly } of graph.get(next) ?? []) {
      if (typeOnly || reached.has(target)) continue;
      reached.add(target);
      pending.push(target);
    }
  }
  return reached;
}

/** Each that reaches itself at run time. */
const findCycles = (graph: ImportGraph): string[] =>
  [...graph.keys()]
    .filter((name) => findReach(name, graph).has(name))
    .map((name) => `${name} imports itself in a circle`);

/** The same graph between the folders of lib. */
function joinFolders(graph: ImportGraph): ImportGraph {
  const folders = new Map<string, Import[]>();
  for (const [file, imports] of graph) {
    const from = folderOf(file);
    if (from === undefined) continue;
    const outward = imports.flatMap((one) => {
      const target = one.local ? folderOf(one.target) : undefined;
      return target === undefined || target === from ? [] : [{ ...one, target }];
    });
    folders.set(from, [...(folders.get(from) ?? []), ...outward]);
  }
  return folders;
}

const folderOf = (file: string): string | undefined => /^(lib\/[^/]+)\//.exec(file)?.[1];
