/** A function's process as the benchmark sees it: imports a bundle, and handles each event that the parent sends. */
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

interface Handled {
  readonly batchItemFailures: readonly unknown[];
}
type Handler = (event: unknown, context: unknown) => Promise<Handled>;

const { handler } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { handler: Handler };

process.on('message', async (body: string) => {
  const messageId = randomUUID();
  const event = { Records: [{ messageId, body, attributes: { ApproximateReceiveCount: '1' } }] };
  const context = {
    awsRequestId: process.env.BENCH_REQUEST_ID ?? randomUUID(),
    functionName: 'bench',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:bench',
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => 60_000,
  };
  const before = process.cpuUsage();
  const { batchItemFailures } = await handler(event, context);
  const { user, system } = process.cpuUsage(before);
  process.send?.({ failed: batchItemFailures.length, cpuMs: (user + system) / 1_000 });
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
