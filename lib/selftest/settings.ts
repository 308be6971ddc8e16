import { z } from 'zod';
import { SettingsError } from '../settings.ts';
import type { Parts } from './look.ts';

const list = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

/** What the selftest function reads from its environment besides what all of them read (lib/settings.ts). */
const schema = z.object({
  KEYWARDEN_TOPIC_ARN: z.string().min(1),
  KEYWARDEN_QUEUE_URL: z.url(),
  KEYWARDEN_TOPIC_KEY: z.string().regex(/^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/.+$/, 'must be the ARN of a KMS key'),
  KEYWARDEN_QUEUE_ARN: z.string().regex(/^arn:[a-z-]+:sqs:/, 'must be the ARN of an SQS queue'),
  KEYWARDEN_RECEIPTS_ARN: z.string().regex(/^arn:[a-z-]+:sqs:/, 'must be the ARN of an SQS queue'),
  KEYWARDEN_DEAD_LETTERS: list,
  KEYWARDEN_RULES: list,
  KEYWARDEN_LIFECYCLE_FUNCTION: z.string().min(1),
});

/**
 * @param environment e.g. `process.env`
 * @throws {SettingsError} names each variable that is missing or wrong, and what is needed
 */
export function readParts(environment: Readonly<Record<string, string | undefined>>): Parts {
  const result = schema.safeParse(environment);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`);
    throw new SettingsError(
      `The environment of the selftest function is wrong; deploy it with serverless.yml. ${problems.join('; ')}.`,
    );
  }
  const { data } = result;
  return {
    topicArn: data.KEYWARDEN_TOPIC_ARN,
    topicKeyArn: data.KEYWARDEN_TOPIC_KEY,
    receiptsArn: data.KEYWARDEN_RECEIPTS_ARN,
    queueUrl: data.KEYWARDEN_QUEUE_URL,
    queueArn: data.KEYWARDEN_QUEUE_ARN,
    deadLetterUrls: data.KEYWARDEN_DEAD_LETTERS,
    ruleNames: data.KEYWARDEN_RULES,
    lifecycleFunction: data.KEYWARDEN_LIFECYCLE_FUNCTION,
  };
}
