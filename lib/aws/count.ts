import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** Counts one of something in CloudWatch. */
export type Count = (metric: string) => void;

/**
 * Counts through the log: CloudWatch makes the metric of a line in the embedded metric format, without a call and without a
 * permission.
 *
 * @param stage a dimension: an account may have several Keywardens
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
 */
export function createCount(stage: string): Count {
  const metrics = new Metrics({ namespace: 'Keywarden', serviceName: 'keywarden', defaultDimensions: { stage } });
  return (metric) => {
    metrics.addMetric(metric, MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
  };
}
