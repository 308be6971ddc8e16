import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';

/** A command line that people are shown. */
export interface Example {
  /** Without `npx`, comments and the line breaks of a long line. */
  readonly line: string;
  /** Where it stands, e.g. `docs/cli.md` or `keywarden approve --help`. */
  readonly place: string;
}

const ROOT = new URL('../../../', import.meta.url);

/** A line in which `keywarden` is a command, and not a word of a text or of a URL. */
const IS_EXAMPLE = /(?:^|\| )keywarden(?: |$)/;

const plain = (line: string): string =>
  line
    .replaceAll('npx keywarden', 'keywarden')
    .replace(/ +# .*$/, '')
    .trim();

/** Examples of the fenced blocks of a page that are for a shell, or say nothing of their language. */
export function collectFromPage(text: string, place: string): readonly Example[] {
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].filter(
    ([, language]) => language === 'sh' || language === '',
  );
  return blocks
    .flatMap(([, , block = '']) => block.replace(/\\\n\s*/g, '').split('\n'))
    .map(plain)
    .filter((line) => IS_EXAMPLE.test(line))
    .map((line) => ({ line, place }));
}

/** Examples of README and all pages in `docs`. */
export function collectFromDocs(): readonly Example[] {
  const pages = [
    'README.md',
    ...readdirSync(new URL('docs', ROOT)).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ];
  return pages.flatMap((page) => collectFromPage(readFileSync(new URL(page, ROOT), 'utf8'), page));
}

/** Examples in the help of one command, each behind a `$`. */
export const collectFromHelp = (help: string, place: string): readonly Example[] =>
  [...help.matchAll(/^ +\$ (.+)$/gm)].map(([, line = '']) => ({ line: plain(line), place }));

/** Every command that can be run, by the words that run it. */
export function listCommands(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  const own = path.length > 0 && (command.commands.length === 0 || command.options.length > 0) ? [path] : [];
  return [...own, ...command.commands.flatMap((one) => listCommands(one, [...path, one.name()]))];
}
