/** What a worker is told. */
export interface WorkerOrder {
  readonly region: string;
  readonly account: string;
  /** Where KMS and CloudTrail are. */
  readonly gateway: string;
  /** Where everything else is. */
  readonly moto: string;
  /** Names of the tables. */
  readonly ledger: string;
  readonly table: string;
  readonly queueUrl: string;
  /** How long a message in work is hidden: what a killed worker had comes back after it. */
  readonly visibilitySeconds: number;
  /** It begins the sweep and lists the keys, instead of looking at them. */
  readonly begins: boolean;
}

/** What a worker tells at its end. */
export interface WorkerReport {
  /** ARNs of the keys that it described, in the order of the calls. */
  readonly described: readonly string[];
  /** The most memory that it had. */
  readonly peakMegabytes: number;
}
