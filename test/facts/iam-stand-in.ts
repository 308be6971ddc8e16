import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IAMClient } from '@aws-sdk/client-iam';

/** One answer: the XML of a result, an error of IAM by its code, or a connection that breaks. */
export type Answer = { readonly result: string } | { readonly error: string; readonly status: number } | 'hang-up';

export interface IamStandIn {
  readonly iam: IAMClient;
  /** Every request so far, in order: its form fields. */
  readonly asked: Readonly<Record<string, string>>[];
  /** What an operation answers; a list is used up one by one, and its last answer stays. */
  answer(operation: string, ...answers: Answer[]): void;
  close(): Promise<void>;
}

/**
 * A real HTTP server that speaks as much of IAM's query protocol as the reader uses, and a real client pointed at it: for
 * what the emulator cannot show, such as pages, boundaries and broken connections.
 */
export async function startIamStandIn(): Promise<IamStandIn> {
  const asked: Readonly<Record<string, string>>[] = [];
  const answers = new Map<string, Answer[]>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const fields = Object.fromEntries(new URLSearchParams(body));
    asked.push(fields);
    const { Action: action = '' } = fields;
    const list = answers.get(action) ?? [{ error: 'InvalidAction', status: 400 }];
    const answer = (list.length > 1 ? list.shift() : list[0]) ?? 'hang-up';
    if (answer === 'hang-up') return request.socket.destroy();
    const failed = 'error' in answer;
    const text = failed
      ? `<ErrorResponse><Error><Type>Sender</Type><Code>${answer.error}</Code><Message>Said by the stand-in</Message></Error></ErrorResponse>`
      : `<${action}Response><${action}Result>${answer.result}</${action}Result></${action}Response>`;
    return response.writeHead(failed ? answer.status : 200, { 'content-type': 'text/xml' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const iam = new IAMClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'invented' },
    maxAttempts: 1,
  });
  return {
    iam,
    asked,
    answer: (operation, ...list) => answers.set(operation, list),
    close: () => {
      iam.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
