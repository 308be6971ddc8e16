import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';

const textOrList = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const statementSchema = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: textOrList,
  Resource: textOrList,
  Condition: z.unknown().optional(),
});

/** What the tests need of the roles and rules in serverless.yml. */
export interface Stack {
  readonly roles: Readonly<Record<string, readonly Statement[]>>;
  readonly rules: readonly Rule[];
}

export type Statement = z.infer<typeof statementSchema>;

export interface Rule {
  readonly name: string;
  /** `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`. */
  readonly state: string;
  readonly pattern: Readonly<Record<string, unknown>>;
  /** Logical names of the queues it delivers to. */
  readonly targets: readonly string[];
}

const roleSchema = z.object({
  Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(statementSchema) }) })),
});

const ruleSchema = z.object({
  State: z.string(),
  /** Absent for a schedule, which delivers no event. */
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  Targets: z.array(z.object({ Arn: z.string() })),
});

const fileSchema = z.object({
  resources: z.object({
    Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown().optional() })),
  }),
});

/**
 * Reads serverless.yml. The tags of CloudFormation (`!GetAtt Queue.Arn`) leave their text; `&` and `<<` are resolved.
 *
 * @throws when the file is no longer written the way these tests understand
 */
export function readStack(text: string): Stack {
  const document = parseDocument(text, { merge: true, logLevel: 'silent' });
  if (document.errors[0] !== undefined) throw document.errors[0];
  const all = Object.entries(fileSchema.parse(document.toJS()).resources.Resources);
  const ofType = (type: string) => all.filter(([, { Type }]) => Type === type);
  return {
    roles: Object.fromEntries(
      ofType('AWS::IAM::Role').map(([name, { Properties }]) => [
        name,
        roleSchema.parse(Properties).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
      ]),
    ),
    rules: ofType('AWS::Events::Rule').flatMap(([name, { Properties }]) => {
      const { State, EventPattern, Targets } = ruleSchema.parse(Properties);
      if (EventPattern === undefined) return [];
      const targets = Targets.map(({ Arn }) => Arn.replace(/\.Arn$/, ''));
      return [{ name, state: State, pattern: EventPattern, targets }];
    }),
  };
}

export const readShippedStack = (): Stack =>
  readStack(readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8'));

/**
 * Whether a role may make a call on the keys of its account and Region (or all its IAM policies, roles, users or groups, or trails),
 * without a condition. A Deny for single keys, or
 * with a condition, leaves the others.
 */
export function mayCall(statements: readonly Statement[], action: string): boolean {
  const covers = ({ Action, Resource, Condition }: Statement) =>
    Condition === undefined &&
    Action.some((pattern) => matchesGlob(pattern, action)) &&
    Resource.some((resource) => resource === '*' || /:(key|policy|role|user|group|trail)\/\*$/.test(resource));
  const denied = statements.some((statement) => statement.Effect === 'Deny' && covers(statement));
  return !denied && statements.some((statement) => statement.Effect === 'Allow' && covers(statement));
}

const matchesGlob = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escapeSpecial).join('.*')}$`, 'i').test(text);

const escapeSpecial = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

/**
 * Whether an event pattern lets an event through: every field of the pattern holds one of the listed values.
 *
 * @throws for an operator (`prefix`, `anything-but`), which these tests do not understand: better red than wrong
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function matchesPattern(
  pattern: Readonly<Record<string, unknown>>,
  event: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(pattern).every(([field, allowed]) => {
    const value = event[field];
    if (!Array.isArray(allowed)) {
      return isRecord(allowed) && isRecord(value) && matchesPattern(allowed, value);
    }
    const operator = allowed.find((one) => typeof one === 'object' && one !== null);
    if (operator !== undefined) {
      throw new Error(
        `The pattern of ${field} uses ${JSON.stringify(operator)}; teach test/controls/stack.ts to read it.`,
      );
    }
    return allowed.includes(value);
  });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
