import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { PROJECT } from '../package-stack.ts';

/** The policy file of the story, and how to remove it. */
export interface StoryPolicy {
  readonly file: string;
  remove(): Promise<void>;
}

/**
 * Writes the policy that ships with Keywarden with the people of the story named in it: the lists of an organisation are
 * empty in the file that ships.
 *
 * @param place account and Region of the local AWS
 */
export async function writeStoryPolicy(place: {
  readonly account: string;
  readonly region: string;
}): Promise<StoryPolicy> {
  const role = (name: string) => `arn:aws:iam::${place.account}:role/${name}`;
  const policy = parseDocument(await readFile(join(PROJECT, 'keywarden.policy.yml'), 'utf8'));
  policy.setIn(['generation', 'regions'], [place.region]);
  policy.setIn(['generation', 'creators'], [role('KeyAdmin')]);
  policy.setIn(['trust', 'administrators'], [role('KeyAdmin')]);
  policy.setIn(['deletion', 'approvers'], [role('SecurityOfficer')]);
  const folder = await mkdtemp(join(tmpdir(), 'keywarden-demo-'));
  const file = join(folder, 'keywarden.policy.yml');
  await writeFile(file, String(policy));
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
