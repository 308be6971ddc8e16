/**
 * `npm run demo`: a local AWS, the packaged stack, and a short story with the real SDK. Exits 0 when Keywarden did in
 * every act what the act expects, nothing is missing, and the ledger is whole; 1 otherwise.
 */
import { readFile } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { tellAct } from './demo/account.ts';
import { ACTS, type Act, type Cast, type Keys } from './demo/acts.ts';
import { ORDER_ACTS } from './demo/orders.ts';
import { logIn } from './demo/people.ts';
import { PHASE_ACTS } from './demo/phases.ts';
import { type StoryPolicy, writeStoryPolicy } from './demo/policy.ts';
import { prove } from './demo/proof.ts';
import { createScreen } from './demo/screen.ts';
import { startTrail } from './demo/trail.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';
import { localClientConfig } from './local-client.ts';
import { LOCAL_ACCOUNT } from './moto.ts';

const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const screen = createScreen((text) => process.stdout.write(text), colour);

const REGION = 'eu-west-1';
const leaving = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leaving.abort());

async function play(local: LocalAws, policyText: string): Promise<boolean> {
  const since = new Date();
  const { url, region, account, table } = local;
  const place = { url, region, account };
  const dana = await logIn('dana@example.com', 'KeyAdmin', place, screen);
  const eve = await logIn('eve@example.com', 'Contractor', place, screen);
  const olivia = await logIn('olivia@example.com', 'SecurityOfficer', place, screen);
  const frank = await logIn('frank@example.com', 'Developer', place, screen);
  local.gateway.denials.add({ principal: `*assumed-role/Contractor/*`, action: 'kms:ScheduleKeyDeletion' });
  const cast: Cast = { dana, eve, olivia, frank };
  const keys: Keys = new Map([['trail', await startTrail({ url, region })]]);
  await local.idle();
  const source = {
    client: DynamoDBDocumentClient.from(new DynamoDBClient(localClientConfig({ endpoint: url, region }))),
    table,
  };
  const seen = new Map<string, number>();
  let good = true;
  const playAll = async (acts: readonly Act[]) => {
    for (const act of acts) {
      leaving.signal.throwIfAborted();
      screen.act(act.title);
      const before = (await local.messages()).length;
      await act.play(cast, keys, account);
      await local.idle();
      const subject = keys.get(act.key) ?? '';
      const told = (await local.messages()).slice(before);
      const expected = await tellAct({ act, subject, source, seen, told, screen });
      good &&= expected;
    }
  };
  await playAll(ACTS);
  await playAll(ORDER_ACTS);
  screen.act('The five phases of the procedure: what keeps it, and what breaks it');
  await playAll(PHASE_ACTS);

  const proven = await prove({ local, table: source, since, policyText, screen });
  return good && proven;
}

let local: LocalAws | undefined;
let policy: StoryPolicy | undefined;
try {
  screen.tell('Keywarden, on an AWS of your own: moto, the packaged stack, the real SDK. Starting takes some seconds.');
  policy = await writeStoryPolicy({ account: LOCAL_ACCOUNT, region: REGION });
  local = await startLocalAws({ region: REGION, policy: policy.file });
  const good = await play(local, await readFile(policy.file, 'utf8'));
  screen.act('Where to look');
  screen.line('npm run local            the same AWS, to try things yourself');
  screen.line('docs/procedure.md        each step of the procedure, and its controls');
  screen.line('docs/controls.md         what is checked, and what is done about it');
  screen.line('keywarden.policy.yml     the limits of your organisation');
  screen.line('lib/pipeline.ts          the whole way of one action, on one page');
  if (!good) {
    screen.act('Keywarden did not do what the story expects. That is a defect; please report it.');
    process.exitCode = 1;
  }
} catch (error) {
  if (!leaving.signal.aborted) {
    process.stderr.write(`The demo could not be played: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  process.exitCode = leaving.signal.aborted ? 130 : 1;
} finally {
  await local?.stop();
  await policy?.remove();
}
