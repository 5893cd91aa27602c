/** A dataset file must not be served; the message is the reason that operators read. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";
}
