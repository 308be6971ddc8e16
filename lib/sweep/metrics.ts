/** What the alarms of the stack look at. */
export interface SweepEnded {
  readonly judged: number;
  /** Keys of which nothing is said; at least 1 when the sweep is not complete. */
  readonly notJudged: number;
}

/**
 * Writes the line of a log that CloudWatch takes for metrics: `SweepsEnded`, `SweepKeysJudged` and `SweepKeysNotJudged`, by stage.
 *
 * @param stage of the deployment
 * @param now when it ended
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const describeMetrics = ({ judged, notJudged }: SweepEnded, stage: string, now: Date): string =>
  JSON.stringify({
    _aws: {
      Timestamp: now.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: 'Keywarden',
          Dimensions: [['stage']],
          Metrics: ['SweepsEnded', 'SweepKeysJudged', 'SweepKeysNotJudged'].map((Name) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
    stage,
    SweepsEnded: 1,
    SweepKeysJudged: judged,
    SweepKeysNotJudged: notJudged,
  });
