import { z } from 'zod';

/** The environment does not say what Keywarden needs. Names every wrong variable. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/** What a function reads from its environment, once, at cold start. The stack sets all of it (serverless.yml). */
const schema = z.object({
  AWS_REGION: z.string().min(1),
  KEYWARDEN_STAGE: z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a stage such as dev or prod'),
  KEYWARDEN_ACCOUNT: z.string().regex(/^\d{12}$/, 'must be an account id of 12 digits'),
  KEYWARDEN_TABLE: z.string().min(1),
  KEYWARDEN_TOPIC_ARN: z.string().regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:.+$/, 'must be the ARN of an SNS topic'),
  KEYWARDEN_CHAT_TOPIC_ARN: z
    .string()
    .regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:.+$/, 'must be the ARN of an SNS topic'),
  KEYWARDEN_SECURITY_HUB: z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true'),
  KEYWARDEN_QUEUE_URL: z.url('must be the URL of an SQS queue'),
  KEYWARDEN_EVIDENCE_BUCKET: z.string().min(3),
  KEYWARDEN_SIGNING_KEY: z
    .string()
    .regex(/^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/.+$/, 'must be the ARN of a KMS key'),
  KEYWARDEN_KEY_USE_TABLE: z.string().min(1),
  KEYWARDEN_KILL_SWITCH: z.string().min(1),
  KEYWARDEN_POLICY_FILE: z.string().min(1),
  KEYWARDEN_SELF_ROLE_ARNS: z
    .string()
    .transform((text) => text.split(',').map((arn) => arn.trim()))
    .pipe(
      z.array(z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/.+$/, 'must be role ARNs with commas between them')),
    ),
  KEYWARDEN_OWN_RESOURCES: z
    .string()
    .transform((text) => text.split(',').map((arn) => arn.trim()))
    .pipe(z.array(z.string().regex(/^arn:[^:]+(:[^:]*){3}:.+$/, 'must be ARNs with commas between them'))),
  KEYWARDEN_MAX_RECEIVES: z.coerce.number().int().min(1).max(1000),
});

export type Settings = z.infer<typeof schema>;

/**
 * @param environment e.g. `process.env`
 * @throws {SettingsError} names each variable that is missing or wrong, its value, and what is needed
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const value = environment[name];
    return `${name} is ${value === undefined ? 'not set' : JSON.stringify(value)}: ${issue.message}`;
  });
  throw new SettingsError(
    `The function's environment is wrong; deploy it with serverless.yml. ${problems.join('; ')}.`,
  );
}
