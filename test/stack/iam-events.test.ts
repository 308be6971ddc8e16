import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { IAM_OPERATIONS } from '../../lib/event/iam-operations.ts';
import { readShippedStack } from '../controls/stack.ts';

const forwarding = parse(readFileSync(new URL('../../stacks/iam-events.yml', import.meta.url), 'utf8'), {
  logLevel: 'silent',
}) as { Resources: Record<string, { Type: string; Properties: Record<string, unknown> }> };
const [forward, ...others] = Object.values(forwarding.Resources).filter(({ Type }) => Type === 'AWS::Events::Rule');
const home = readShippedStack().rules.find(({ name }) => name === 'IamCallsRule');

describe('the rule for events of IAM', () => {
  const { detail = {} } = (home?.pattern ?? {}) as { detail?: { eventName?: string[] } };

  test('lets exactly the operations through that Keywarden knows', () => {
    expect([...(detail.eventName ?? [])].sort()).toEqual([...IAM_OPERATIONS.keys()].sort());
    expect(home).toMatchObject({ state: 'ENABLED', targets: ['LifecycleQueue'] });
  });

  test('is the same in us-east-1, where events of IAM arrive, so that what is forwarded is what is taken', () => {
    expect(others).toEqual([]);
    expect(forward?.Properties.EventPattern).toEqual(home?.pattern);
    expect(forward?.Properties.State).toBe('ENABLED');
  });

  test('stays below the 2,048 characters that EventBridge takes as a pattern', () => {
    expect(JSON.stringify(home?.pattern).length).toBeLessThan(2_048);
  });
});
