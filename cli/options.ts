/** What every command takes: the words of the AWS CLI, and its environment variables. */
export interface GlobalOptions {
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly table: string;
  readonly format: 'text' | 'json';
}

/** Where a command writes; a pipe is no terminal. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}
