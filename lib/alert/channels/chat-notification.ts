import { writeFindingRef } from '../../ledger/finding-ref.ts';
import { TITLES } from '../frame.ts';
import type { Message } from '../message.ts';
import type { News } from './channel.ts';
import { fitName, fitText } from './fit-text.ts';

/**
 * What Amazon Q Developer in chat applications shows in Slack and Teams. It shows only what has this form, and drops the rest
 * without a word.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export interface ChatNotification {
  readonly version: '1.0';
  readonly source: 'custom';
  readonly content: {
    readonly textType: 'client-markdown';
    readonly title: string;
    readonly description: string;
    readonly nextSteps?: readonly string[];
    readonly keywords: readonly string[];
  };
  readonly metadata: {
    /** News of one finding are one thread. */
    readonly threadId: string;
    readonly summary: string;
    readonly eventType: string;
    readonly relatedResources: readonly string[];
    readonly additionalContext: Readonly<Record<string, string>>;
  };
}

/** Bounds within which a message in a chat is still read, and far below what SNS takes; bytes of UTF-8. */
const MOST = { title: 200, description: 6_000, steps: 10, step: 350, name: 250, value: 500 } as const;

/**
 * Writes the same message for a chat. Nobody who can name a key, a role or a tag may put a link or a mention into it: what
 * comes from outside stands in blocks of code, and the characters that end a block or begin a mention are replaced.
 */
export function toChatNotification({ message, notice }: News): ChatNotification {
  const { attributes, subject } = message;
  const { headline, body, steps } = readSections(message.text);
  const { severity = '', control = '', state = '', account = '', region = '' } = attributes;
  const finding = notice === undefined ? undefined : writeFindingRef(notice.finding);
  return {
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: fitText(toPlain(headline), MOST.title),
      description: writeBody(body),
      ...(steps.length === 0 ? {} : { nextSteps: writeSteps(steps) }),
      keywords: [severity, control, state].filter((word) => word !== '').map(toPlain),
    },
    metadata: {
      threadId: fitName(finding ?? `keywarden-${control}`, MOST.name),
      summary: fitText(toPlain(subject), MOST.name),
      eventType: `keywarden-${state}`,
      relatedResources: notice === undefined ? [] : [fitName(notice.finding.subject, MOST.name)],
      additionalContext: {
        account,
        region,
        severity,
        control,
        state,
        ...(finding === undefined ? {} : { finding: fitName(finding, MOST.value) }),
      },
    },
  };
}

type Section = readonly [title: string, lines: readonly string[]];

/** A message is a headline, and titles with indented lines below them (frame.ts); what is safe has no line breaks of its own. */
function readSections(text: Message['text']): {
  readonly headline: string;
  readonly body: readonly Section[];
  readonly steps: readonly string[];
} {
  const [headline = '', ...lines] = text.split('\n');
  const sections: [string, string[]][] = [];
  for (const line of lines.filter((one) => one !== '')) {
    if (!line.startsWith('  ')) sections.push([line, []]);
    else sections.at(-1)?.[1].push(line.slice(2));
  }
  return {
    headline,
    body: sections.filter(([title]) => title !== TITLES.next),
    steps: sections.find(([title]) => title === TITLES.next)?.[1] ?? [],
  };
}

/** Sections that have no place any more are left out whole, and that is said. */
function writeBody(sections: readonly Section[]): string {
  let text = '';
  for (const [title, lines] of sections) {
    const section = `*${toPlain(title)}*\n${writeCode(lines.join('\n'))}\n`;
    if (Buffer.byteLength(text) + Buffer.byteLength(section) > MOST.description) {
      return `${text}_More is in the e-mail and in the ledger._`;
    }
    text += section;
  }
  return text.trimEnd();
}

/** A command that is cut would be another command, so that a long step is left out whole. */
function writeSteps(steps: readonly string[]): readonly string[] {
  const written = steps.map((step) =>
    Buffer.byteLength(step) > MOST.step ? 'One step is too long for a chat: the e-mail has it.' : writeStep(step),
  );
  if (written.length <= MOST.steps) return written;
  return [...written.slice(0, MOST.steps - 1), `${written.length - MOST.steps + 1} more steps are in the e-mail.`];
}

const writeStep = (step: string): string => `\`${toInert(step)}\``;

const writeCode = (text: string): string => `\`\`\`\n${toInert(text)}\n\`\`\``;

/**
 * A block of code shows everything but its own end as it stands; Slack reads `<...>` as a link or a mention even there.
 * https://docs.slack.dev/messaging/formatting-message-text/
 */
const toInert = (text: string): string => text.replaceAll('`', 'ˋ').replaceAll('<', '‹').replaceAll('>', '›');

/** Without what would format, link or mention outside of a block of code. */
const toPlain = (text: string): string =>
  toInert(text)
    .replace(/[*_~|\\[\]()#]/g, ' ')
    .replace(/@(?=\w)/g, '@ ')
    .replace(/ +/g, ' ')
    .trim();
