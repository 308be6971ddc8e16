import { createProgram } from '../../cli/create-program.ts';

/**
 * Tries whether the command line takes a command as it stands, without running it.
 *
 * @returns `taken`, or what is wrong with it
 */
export function parseCommand(line: string): string {
  const [, ...words] = splitWords(line);
  try {
    const program = createProgram();
    const { operands, unknown } = program.parseOptions(words);
    const [first = '', ...rest] = operands;
    const above = program.commands.find((one) => one.name() === first);
    if (above === undefined) return `There is no command ${first}.`;
    const below = above.commands.find((one) => one.name() === rest[0]);
    const command = below ?? above;
    const parsed = command.parseOptions([...(below === undefined ? rest : rest.slice(1)), ...unknown]);
    if (parsed.unknown.length > 0) return `${first} does not know ${parsed.unknown.join(' ')}.`;
    const { registeredArguments: taken } = command;
    const least = taken.filter(({ required }) => required).length;
    if (parsed.operands.length < least || parsed.operands.length > taken.length) {
      return `${first} takes ${taken.length} words, and not ${parsed.operands.length}.`;
    }
    const missing = command.options.filter(
      (one) => one.mandatory && command.getOptionValue(one.attributeName()) === undefined,
    );
    return missing.length > 0 ? `${first} needs ${missing.map(({ flags }) => flags).join(', ')}.` : 'taken';
  } catch (error) {
    return String(error);
  }
}

/** The words of a shell, with the quoting that lib/alert/command.ts uses. */
const splitWords = (line: string): readonly string[] =>
  [...line.matchAll(/(?:'(?:[^']|'\\'')*'|[^\s'])+/g)].map(([word]) =>
    word.startsWith("'") ? word.slice(1, -1).replaceAll("'\\''", "'") : word,
  );
