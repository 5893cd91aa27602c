/** The publisher answered, but not with what was asked for. */
export class PublisherError extends Error {
  override readonly name = "PublisherError";
  /** How long it asks to wait, in milliseconds; 0 if it does not say. */
  readonly retryAfterMs: number;

  constructor(message: string, waitMs: number) {
    super(message);
    this.retryAfterMs = waitMs;
  }
}
