/** Who may not do what. A text left out matches everything; `*` in a text matches any characters. */
export type DenyRule = {
  /** ARN pattern of the caller. */
  principal?: string;
  /** Operation as IAM names it, such as `kms:ScheduleKeyDeletion` or `kms:*`. */
  action?: string;
  /** ARN pattern of the resource. */
  resource?: string;
};

/** The denials of one gateway. */
export type Denials = {
  /** Adds one and returns its id. */
  add(rule: DenyRule): string;
  /** Takes one away; false if there is none with this id. */
  remove(id: string): boolean;
  clear(): void;
  list(): readonly (DenyRule & { id: string })[];
};
