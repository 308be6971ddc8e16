import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What moto cannot answer: an error of S3, after something else happened, or the beginning of an object whose connection is lost. */
export type S3Answer =
  | { readonly status: number; readonly code: string; readonly first?: () => Promise<unknown> }
  | { readonly cutAfter: Uint8Array; readonly length?: number };

/** A server that gives one answer to whoever asks for an object. */
export interface S3StandIn {
  readonly url: string;
  answer: S3Answer;
  close(): Promise<void>;
}

/** Starts a stand-in on a free port. */
export async function startS3StandIn(answer: S3Answer): Promise<S3StandIn> {
  const server = createServer(async (_request, response) => {
    const now = standIn.answer;
    if ('cutAfter' in now) {
      response.writeHead(200, { 'content-length': String(now.length ?? now.cutAfter.length + 1_000), etag: '"abc"' });
      response.write(now.cutAfter, () => response.destroy());
      return;
    }
    await now.first?.();
    response.writeHead(now.status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${now.code}</Code><Message>${now.code} it says.</Message></Error>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const standIn: S3StandIn = {
    url: `http://127.0.0.1:${port}`,
    answer,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return standIn;
}
