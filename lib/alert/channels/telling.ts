import type { TellOfficer } from '../officer.ts';
import { safeText } from '../safe-text.ts';
import type { Channel, News } from './channel.ts';

/** What became of news: under which id the officer's topic took them, and what each other way answered. */
export interface Heard {
  readonly messageId: string;
  /** By the name of the way: its answer, or why it did not arrive there. */
  readonly also: Readonly<Record<string, string>>;
}

/** @param heldIn instead of a message id: where people are told of it later, together with much else */
export type TellNews = (news: News, heldIn?: string) => Promise<Heard>;

/** A way did not take what it was told. */
export interface ChannelFailure {
  readonly channel: Channel['name'];
  readonly reason: string;
  readonly subject: string;
}

/** One way that hangs must not use up the time of the function, in milliseconds. */
const PATIENCE = 4_000;

/** A way that used up its time is left alone for so long, in milliseconds: with ten messages at hand, it would use it all. */
const REST = 30_000;

/**
 * Tells the officer, and then everybody else. Only the officer's topic must not fail; what fails elsewhere is handed to
 * `failed` and named in the answer.
 *
 * @param options.patience milliseconds that each way has
 */
export function createTelling(options: {
  readonly officer: TellOfficer;
  readonly channels: readonly Channel[];
  readonly failed: (failure: ChannelFailure) => void;
  readonly clock: () => Date;
  readonly patience?: number;
}): { readonly tell: TellOfficer; readonly tellNews: TellNews } {
  const { officer, channels, failed, clock, patience = PATIENCE } = options;
  const restUntil = new Map<Channel['name'], number>();

  async function tellOne(channel: Channel, news: News): Promise<string | undefined> {
    const began = clock().getTime();
    const give = (reason: string) => {
      failed({ channel: channel.name, reason, subject: news.message.subject });
      return `${NOT_TOLD}${reason}`;
    };
    if (began < (restUntil.get(channel.name) ?? 0))
      return give('It did not answer before, and was not tried again yet.');
    const signal = AbortSignal.timeout(patience);
    try {
      return await Promise.race([channel.send(news, signal), rejectWhen(signal)]);
    } catch (error) {
      if (signal.aborted) {
        restUntil.set(channel.name, clock().getTime() + REST);
        return give(`It did not answer within ${patience} ms.`);
      }
      return give(safeText(error instanceof Error ? `${error.name}: ${error.message}` : String(error)));
    }
  }

  async function spread(news: News, heldFromPeople: boolean): Promise<Readonly<Record<string, string>>> {
    const asked = channels.filter(({ forPeople }) => !(forPeople && heldFromPeople));
    const answers = await Promise.all(
      asked.map(async (channel) => [channel.name, await tellOne(channel, news)] as const),
    );
    return Object.fromEntries(answers.flatMap(([name, answer]) => (answer === undefined ? [] : [[name, answer]])));
  }

  return {
    async tell(message) {
      const messageId = await officer(message);
      await spread({ message }, false);
      return messageId;
    },
    async tellNews(news, heldIn) {
      const messageId = heldIn ?? (await officer(news.message));
      return { messageId, also: await spread(news, heldIn !== undefined) };
    },
  };
}

/** How an answer begins that says why it did not arrive. */
export const NOT_TOLD = 'not told: ';

const rejectWhen = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
