import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KMSClient } from '@aws-sdk/client-kms';

/** One answer: a JSON body, an error of KMS by its name, or a connection that breaks. */
export type Answer =
  | { readonly body: Readonly<Record<string, unknown>> }
  | { readonly error: string; readonly status?: number; readonly message?: string }
  | { readonly raw: string }
  | 'hang-up';

/** What KMS was asked. */
export interface Asked {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface KmsStandIn {
  readonly kms: KMSClient;
  /** Every request so far, in order. */
  readonly asked: Asked[];
  /** What an operation answers; a list is used up one by one, and its last answer stays. */
  answer(operation: string, ...answers: Answer[]): void;
  close(): Promise<void>;
}

/**
 * A real HTTP server that speaks as much of the KMS protocol (JSON 1.1, `TrentService.<operation>`) as the reader uses,
 * and a real client pointed at it, so that errors come the way the SDK makes them.
 */
export async function startKmsStandIn(region: string): Promise<KmsStandIn> {
  const asked: Asked[] = [];
  const answers = new Map<string, Answer[]>();
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
    asked.push({ operation, parameters: JSON.parse(await readBody(request)) });
    const list = answers.get(operation) ?? [{ error: 'UnknownOperationException' }];
    const answer = (list.length > 1 ? list.shift() : list[0]) ?? 'hang-up';
    if (answer === 'hang-up') return request.socket.destroy();
    if ('raw' in answer) return response.writeHead(200).end(answer.raw);
    const failed = 'error' in answer;
    const body = failed ? { __type: answer.error, message: answer.message ?? 'Said by the stand-in' } : answer.body;
    return response
      .writeHead(failed ? (answer.status ?? 400) : 200, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kms = new KMSClient({
    region,
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'invented' },
    // One attempt: what is tested is what the reader makes of a failure, not how often the SDK tries.
    maxAttempts: 1,
  });
  return {
    kms,
    asked,
    answer: (operation, ...list) => answers.set(operation, list),
    close: () => {
      kms.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
