/** What a front knows of a request beside its message. */
export interface Call {
  /** In canonical text form; an IPv4-mapped address as IPv4. */
  readonly clientAddress: string;
  readonly requestId: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** Milliseconds that the client is willing to wait, where it says so. */
  readonly deadlineMs?: number | undefined;
}
