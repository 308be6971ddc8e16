import { DescribeRuleCommand, type EventBridgeClient, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { type LambdaClient, paginateListEventSourceMappings } from '@aws-sdk/client-lambda';
import { type Found, inOrder, wrong } from '../check.ts';

/**
 * Whether a rule is enabled and hands its events to the queue.
 *
 * @throws what EventBridge throws
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html
 */
export async function lookAtRule(events: EventBridgeClient, name: string, queueArn: string): Promise<Found> {
  const { State = 'unknown' } = await events.send(new DescribeRuleCommand({ Name: name }));
  if (!State.startsWith('ENABLED')) {
    return wrong(
      `The rule ${name} is ${State}: what it should deliver is lost.`,
      `Enable it: aws events enable-rule --name ${name}; and find out who disabled it.`,
    );
  }
  const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: name }));
  return Targets.some(({ Arn }) => Arn === queueArn)
    ? inOrder(`The rule ${name} is enabled and delivers.`)
    : wrong(
        `The rule ${name} does not deliver to the queue of Keywarden.`,
        'Deploy the stack of Keywarden again, and find out who took the target away.',
      );
}

/**
 * Whether Lambda takes the messages out of the queue.
 *
 * @throws what Lambda throws
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
 */
export async function lookAtMapping(lambda: LambdaClient, functionName: string, queueArn: string): Promise<Found> {
  const states: string[] = [];
  const query = { EventSourceArn: queueArn };
  for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings({ client: lambda }, query)) {
    const ours = EventSourceMappings.filter(({ FunctionArn }) => FunctionArn?.split(':')[6] === functionName);
    states.push(...ours.map(({ State = 'unknown' }) => State));
  }
  if (states.length === 0) {
    return wrong(`Nothing hands the queue to the function ${functionName}.`, 'Deploy the stack of Keywarden again.');
  }
  return states.includes('Enabled')
    ? inOrder('Lambda takes the messages out of the queue.')
    : wrong(
        `The event source mapping of ${functionName} is ${states.join(', ')}: messages stay in the queue.`,
        'Enable it (aws lambda update-event-source-mapping --uuid ... --enabled), and find out who disabled it.',
      );
}
