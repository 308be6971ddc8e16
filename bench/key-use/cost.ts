/** What counting the uses of an archive took, and what it would write. */
export interface UseCost {
  readonly files: number;
  readonly records: number;
  readonly uses: number;
  readonly rows: number;
  readonly items: number;
  readonly itemBytes: number;
  /** Write request units of DynamoDB for the items: one for each begun KB. */
  readonly writeUnits: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}
