import { CloudTrailClient, CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail';

/**
 * Makes a trail that records every Region, with its bucket, and starts it: an account whose procedure is kept has one.
 *
 * @param place where the local AWS answers, and its Region
 * @returns ARN of the trail
 * @throws what the local AWS answers, when it makes no bucket
 */
export async function startTrail({ url, region }: { readonly url: string; readonly region: string }): Promise<string> {
  await makeBucket(url, region, 'keywarden-demo-trail');
  const client = new CloudTrailClient({
    endpoint: url,
    region,
    credentials: { accessKeyId: 'operator', secretAccessKey: 'local' },
  });
  const { TrailARN = '' } = await client.send(
    new CreateTrailCommand({ Name: 'company', S3BucketName: 'keywarden-demo-trail', IsMultiRegionTrail: true }),
  );
  await client.send(new StartLoggingCommand({ Name: TrailARN }));
  client.destroy();
  return TrailARN;
}

/** One request: the S3 client is of no other use here. moto finds the Region in the credential scope. */
async function makeBucket(url: string, region: string, name: string): Promise<void> {
  const response = await fetch(`${url}/${name}`, {
    method: 'PUT',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=operator/20260101/${region}/s3/aws4_request, SignedHeaders=host, Signature=local`,
    },
    body: `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`,
  });
  if (!response.ok)
    throw new Error(`The local AWS made no bucket ${name}: ${response.status} ${await response.text()}`);
}
