import { z } from 'zod';
import { SettingsError } from '../settings.ts';

const schema = z.object({
  KEYWARDEN_SWEEP_TABLE: z.string().min(3),
  KEYWARDEN_SWEEP_QUEUE_URL: z.url('must be the URL of an SQS queue'),
  KEYWARDEN_SWEEP_WORKERS: z.coerce.number().int().min(1).max(1000),
});

/** What only the sweep function reads from its environment. */
export type SweepSettings = z.infer<typeof schema>;

/**
 * @param environment e.g. `process.env`
 * @throws {SettingsError} names each variable that is missing or wrong, its value, and what is needed
 */
export function readSweepSettings(environment: Readonly<Record<string, string | undefined>>): SweepSettings {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const value = environment[name];
    return `${name} is ${value === undefined ? 'not set' : JSON.stringify(value)}: ${issue.message}`;
  });
  throw new SettingsError(
    `The environment of the sweep function is wrong; deploy it with serverless.yml. ${problems.join('; ')}.`,
  );
}
