import { describe, expect, test } from '@jest/globals';
import { makeSqsEvent, readFailures } from '../../local/runner/sqs-event.ts';

describe('of a batch of two messages, those stay in the queue', () => {
  const ids = ['one', 'two'];
  test.each([
    ['none when the function reports none', { batchItemFailures: [] }, []],
    ['none when it returns nothing', null, []],
    ['none when it returns an empty object', {}, []],
    ['none when its list is null', { batchItemFailures: null }, []],
    ['that it reports', { batchItemFailures: [{ itemIdentifier: 'two' }] }, ['two']],
    ['all when it reports one that is not in the batch', { batchItemFailures: [{ itemIdentifier: 'three' }] }, ids],
    ['all when it reports an empty id', { batchItemFailures: [{ itemIdentifier: '' }] }, ids],
    ['all when it reports no id', { batchItemFailures: [{ messageId: 'two' }] }, ids],
    ['all when its list is no list', { batchItemFailures: 'two' }, ids],
  ])('%s', (_, response, failed) => {
    expect([...readFailures(JSON.stringify(response), ids)]).toEqual(failed);
  });
});

test('A message becomes a record in the form of Lambda, with binary attributes in base64', () => {
  const message = {
    MessageId: 'one',
    ReceiptHandle: 'handle',
    Body: '{}',
    MD5OfBody: 'md5',
    Attributes: { ApproximateReceiveCount: '3', SentTimestamp: '1795545181537' },
    MessageAttributes: {
      text: { DataType: 'String', StringValue: 'hello' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
    },
  };
  const { Records } = makeSqsEvent([message], 'arn:aws:sqs:eu-west-1:111122223333:lifecycle');
  expect(Records).toEqual([
    {
      messageId: 'one',
      receiptHandle: 'handle',
      body: '{}',
      md5OfBody: 'md5',
      attributes: {
        ApproximateReceiveCount: '3',
        SentTimestamp: '1795545181537',
        SenderId: '',
        ApproximateFirstReceiveTimestamp: '',
      },
      messageAttributes: {
        text: { dataType: 'String', stringValue: 'hello', stringListValues: [], binaryListValues: [] },
        bytes: { dataType: 'Binary', binaryValue: 'AQID', stringListValues: [], binaryListValues: [] },
      },
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:lifecycle',
      awsRegion: 'eu-west-1',
    },
  ]);
});
