import type { Json } from './call.ts';

/** Who signed a call. */
export type Principal = {
  /** `arn:aws:iam::<account>:user/<name>`, `arn:aws:sts::<account>:assumed-role/<role>/<session>` or the account root. */
  arn: string;
  /** `userIdentity` of the records of this principal's calls. */
  userIdentity: Json;
};
