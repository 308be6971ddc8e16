import type { Message, Notice } from '../message.ts';

/** What is told: as the officer reads it, and, when it is about one finding, what is known of that. */
export interface News {
  readonly message: Message;
  readonly notice?: Notice;
}

/**
 * A way of telling beside the officer's topic. It may fail: the officer is told all the same, and hears of it.
 *
 * - `chat`: Slack or Teams, through Amazon Q Developer in chat applications;
 * - `events`: other programs, through the default bus of EventBridge;
 * - `security-hub`: AWS Security Hub.
 */
export interface Channel {
  readonly name: 'chat' | 'events' | 'security-hub';
  /** People read it: in a storm it is quiet where the officer's topic is. */
  readonly forPeople: boolean;
  /**
   * @param signal ends the attempt
   * @returns what AWS calls what it took; undefined when this is nothing for this way
   * @throws what AWS throws, and when AWS answers that it did not take it
   */
  send(news: News, signal: AbortSignal): Promise<string | undefined>;
}
