import { type Engine, returnEngine, takeEngine } from './engine.ts';
import type { FileReport, OnRecord, Problem } from './file-report.ts';
import { type OnPiece, readText, type TextSize } from './open-text.ts';
import { createRecordScanner, type ScanEvents } from './record-scanner.ts';
import type { ShortCut } from './short-cut.ts';
import { type OpenedSource, type Source, STDIN } from './source.ts';

/** A file that is broken all through is told about with so many problems, and one that counts the others. */
export const LISTED_PROBLEMS = 100;

/**
 * Reads one file and hands over the records that are wanted, one after the other. Memory does not grow with the file.
 *
 * The file may hold log files (`{"Records": [...]}`), a list of records, or records one after the other; and instead of a
 * record, the EventBridge event that carries it. It may be a gzip.
 *
 * @param wanted values of `eventSource`; events that KMS sent to EventBridge itself are wanted always
 * @param onRecord gets each record as `JSON.parse` gives it; what it throws ends the reading, and is thrown
 * @param shortCut takes records that are like earlier ones instead; what it learns it keeps for the files after this one
 * @param onText gets the decompressed text besides, piece by piece, e.g. to make its digest; what it throws ends the reading and
 *   is told as a problem of the file
 * @returns what was found, and what could not be read; a broken file is no error here
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
export async function scanFile<T>(
  source: Source | OpenedSource,
  wanted: ReadonlySet<string>,
  onRecord: OnRecord,
  shortCut?: ShortCut<T>,
  onText: OnPiece = () => {},
): Promise<FileReport> {
  const engine = takeEngine(wanted, shortCut);
  try {
    return await scanWith(engine, source, wanted, onRecord, onText);
  } finally {
    returnEngine(engine, wanted, shortCut);
  }
}

async function scanWith(
  engine: Engine,
  source: Source | OpenedSource,
  wanted: ReadonlySet<string>,
  onRecord: OnRecord,
  onText: OnPiece,
): Promise<FileReport> {
  const { file } = source;
  const size: TextSize = { compressed: 0, text: 0, gzip: false };
  const problems = collectProblems();
  let handedOver = 0;
  let failure: Problem | undefined;
  let refusal: { readonly error: unknown } | undefined;
  /** What the taker throws is told from what reading throws. */
  const refuse = (error: unknown): unknown => {
    refusal = { error };
    return error;
  };
  const events: ScanEvents = {
    onProblem: problems.add,
    onRecord(record, index, byte) {
      handedOver += 1;
      try {
        onRecord(record, { file, index, byte });
      } catch (error) {
        throw refuse(error);
      }
    },
    onKind(kind, index, byte) {
      try {
        const taken = engine.kinds?.take(kind, { file, index, byte }) ?? false;
        if (taken) handedOver += 1;
        return taken;
      } catch (error) {
        throw refuse(error);
      }
    },
  };
  const scanner = createRecordScanner(wanted, events, engine);
  try {
    await readText(source, size, (piece) => {
      onText(piece);
      scanner.write(piece);
    });
    scanner.end();
  } catch (error) {
    if (refusal !== undefined) throw refusal.error;
    scanner.end(true);
    failure = { byte: size.text, message: explainFailure(error, size, file) };
  }
  return {
    file,
    bytes: size.text,
    compressedBytes: size.compressed,
    records: scanner.countRecords(),
    wanted: handedOver,
    problems: failure === undefined ? problems.list() : [...problems.list(), failure],
  };
}

function collectProblems() {
  const listed: Problem[] = [];
  let others = 0;
  let last: Problem | undefined;
  return {
    add(problem: Problem): void {
      if (listed.length < LISTED_PROBLEMS) listed.push(problem);
      else others += 1;
      last = problem;
    },
    list(): Problem[] {
      if (last === undefined || others === 0) return listed;
      return [...listed, { byte: last.byte, message: `There are ${others} more problems, the last one at this byte.` }];
    },
  };
}

function explainFailure(error: unknown, size: TextSize, file: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const name = file === STDIN ? 'The standard input' : 'The file';
  if (size.gzip) {
    if (code === 'Z_BUF_ERROR') return `${name} is a gzip that is cut off: it ends after ${size.compressed} bytes.`;
    return `${name} is a gzip that is damaged here or before: ${message}.`;
  }
  switch (code) {
    case 'ENOENT':
      return `${name} does not exist.`;
    case 'EACCES':
    case 'EPERM':
      return `${name} may not be read by this user.`;
    case 'EISDIR':
      return `${name} is a folder.`;
    default:
      return `${name} cannot be read: ${message}.`;
  }
}
