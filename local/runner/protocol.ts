/** What the runner says to a function's process: one invocation. */
export type ToFunction = {
  /** The request id. */
  id: string;
  /** JSON. */
  payload: string;
  /** When the invocation times out, in milliseconds since 1970. */
  deadline: number;
};

/** What a function's process answers: once that it is ready, then once per invocation. */
export type FromFunction =
  | { ready: true }
  | { payload: string }
  | { error: { errorType: string; errorMessage: string; trace: string[] } };
