import { Argument, type Command } from 'commander';

const HELP = `
Examples:
  $ keywarden completion bash
  $ keywarden completion zsh
  $ keywarden completion fish

To have it in every shell, write it into the file where the shell looks for it:
  bash  keywarden completion bash > ~/.local/share/bash-completion/completions/keywarden
  zsh   keywarden completion zsh > ~/.zfunc/_keywarden   (with fpath+=~/.zfunc before compinit in ~/.zshrc)
  fish  keywarden completion fish > ~/.config/fish/completions/keywarden.fish

Exit codes:
  0  the script was written
  2  there is no script for that shell`;

/** Adds `keywarden completion` to the program; it must be the last one to be added, and knows the others then. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('writes the script by which a shell completes commands and options')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(WRITERS)))
    .addHelpText('after', HELP)
    .action((shell: string) => {
      process.stdout.write(writeCompletion(shell, program));
    });
}

/** What can follow one command: its own commands, and options. */
interface Place {
  /** Names from the program on, e.g. `['ledger', 'show']`; empty for the program itself. */
  readonly path: readonly string[];
  readonly words: readonly Word[];
  /** Values of options, by option. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
  /** Options behind which a value comes. */
  readonly valued: readonly string[];
}

interface Word {
  readonly word: string;
  readonly description: string;
}

/** Walks the commands of the program. */
function listPlaces(command: Command, path: readonly string[] = []): Place[] {
  const help = command.createHelp();
  help.showGlobalOptions = true;
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  const named = options.flatMap((option) => (option.long === undefined ? [] : [{ ...option, long: option.long }]));
  const commands = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  const ofArguments = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  const place: Place = {
    path,
    words: [
      ...commands.map((one) => ({ word: one.name(), description: one.description() })),
      ...ofArguments.map((word) => ({ word, description: '' })),
      ...named.map(({ long, description }) => ({ word: long, description })),
    ],
    choices: new Map(named.flatMap(({ long, argChoices }) => (argChoices === undefined ? [] : [[long, argChoices]]))),
    valued: named.filter(({ required, optional }) => required || optional).map(({ long }) => long),
  };
  return [place, ...commands.flatMap((one) => listPlaces(one, [...path, one.name()]))];
}

/** What stands for itself between apostrophes in every shell. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const WRITERS: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: writeBash,
  zsh: writeZsh,
  fish: writeFish,
};

/**
 * Writes the script for a shell. It holds all names, so that nothing is started when a key is pressed; where nothing of its own
 * fits, the shell completes file names.
 *
 * @param shell `bash`, `zsh` or `fish`
 * @returns the empty text for any other
 */
export const writeCompletion = (shell: string, program: Command): string => WRITERS[shell]?.(listPlaces(program)) ?? '';

/** @see https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
function writeBash(places: readonly Place[]): string {
  return `# bash completion of keywarden; written by: keywarden completion bash
_keywarden() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path= words= at skip=
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [[ -n $skip ]]; then skip=; continue; fi
    case " ${allValued(places).join(' ')} " in *" \${COMP_WORDS[at]} "*) skip=1; continue ;; esac
    case " ${places
      .filter(({ path }) => path.length > 0)
      .map(({ path }) => path.join('/'))
      .join(' ')} " in
      *" \${path:+$path/}\${COMP_WORDS[at]} "*) path=\${path:+$path/}\${COMP_WORDS[at]} ;;
    esac
  done
  case "$previous" in
${[...allChoices(places)].map(([option, words]) => `    ${option}) words=${quote(words.join(' '))} ;;`).join('\n')}
    ${allValued(places)
      .filter((option) => !allChoices(places).has(option))
      .join('|')}) return ;;
    *) case "$path" in
${places.map(({ path, words }) => `      ${quote(path.join('/'))}) words=${quote(words.map(({ word }) => word).join(' '))} ;;`).join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _keywarden keywarden
`;
}

/** zsh runs bash's completions itself: https://zsh.sourceforge.io/Doc/Release/Completion-System.html (bashcompinit) */
function writeZsh(places: readonly Place[]): string {
  return `#compdef keywarden
# zsh completion of keywarden; written by: keywarden completion zsh
autoload -U +X bashcompinit && bashcompinit
${writeBash(places).replace(/^#.*\n/, '')}`;
}

/** @see https://fishshell.com/docs/current/completions.html */
function writeFish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, choices, valued }) => {
    const deeper = places.filter(
      (one) => one.path.length === path.length + 1 && one.path.slice(0, -1).join('/') === path.join('/'),
    );
    const before = path.map((name) => `__fish_seen_subcommand_from ${name}`);
    const after =
      deeper.length === 0 ? [] : [`not __fish_seen_subcommand_from ${deeper.map((one) => one.path.at(-1)).join(' ')}`];
    const condition = [...before, ...after].join('; and ');
    return words.map(({ word, description }) => {
      const isOption = word.startsWith('--');
      const values = choices.get(word);
      const what = isOption ? `-l ${word.slice(2)}` : `-a ${quote(word)}`;
      const value = values === undefined ? (valued.includes(word) ? ' -r' : '') : ` -x -a ${quote(values.join(' '))}`;
      const when = condition === '' ? '' : ` -n ${quote(condition)}`;
      return `complete -c keywarden${when} ${what}${value}${description === '' ? '' : ` -d ${quoteFish(description)}`}`;
    });
  });
  return `# fish completion of keywarden; written by: keywarden completion fish\n${lines.join('\n')}\n`;
}

/** https://fishshell.com/docs/current/language.html#quotes */
const quoteFish = (text: string): string => `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;

const allValued = (places: readonly Place[]): string[] => [...new Set(places.flatMap(({ valued }) => valued))];

const allChoices = (places: readonly Place[]): ReadonlyMap<string, readonly string[]> =>
  new Map(places.flatMap(({ choices }) => [...choices]));
