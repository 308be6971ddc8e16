import { styleText } from 'node:util';
import { safeText } from '../../lib/alert/safe-text.ts';

/** Where the demo writes. */
export interface Screen {
  /** A heading. */
  act(title: string): void;
  /** A labelled paragraph, wrapped at 80 columns. */
  say(label: string, text: string, tone?: Tone): void;
  /** A paragraph of its own, also wrapped. */
  tell(text: string): void;
  /** A line that must stay in one piece, e.g. a command. */
  line(text: string): void;
}

export type Tone = 'good' | 'bad' | 'doubt' | 'plain';

const STYLES = { good: 'green', bad: 'red', doubt: 'yellow', plain: 'reset' } as const;
const COLUMNS = 80;
const LABEL = 9;

/**
 * Writes for an 80-column terminal, with colour only where it is one.
 *
 * @param colour as `process.stdout.isTTY`, and NO_COLOR is not set
 */
export function createScreen(write: (text: string) => void, colour: boolean): Screen {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  return {
    act: (title) => write(`\n${paint('bold', title)}\n`),
    say: (label, text, tone = 'plain') => {
      const [first = '', ...rest] = wrap(safeText(text, 2_000), COLUMNS - LABEL - 2);
      const name = label.padEnd(LABEL);
      write(`  ${paint(STYLES[tone], name)}${first}\n`);
      for (const line of rest) write(`  ${' '.repeat(LABEL)}${line}\n`);
    },
    tell: (text) => write(`${wrap(text, COLUMNS).join('\n')}\n`),
    line: (text) => write(`  ${text}\n`),
  };
}

/** Breaks at blanks; a word that is longer than a line stays whole, because it is an ARN that somebody will copy. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
