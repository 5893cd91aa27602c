/** One mistake in a request. */
export interface FieldProblem {
  /** The field, parameter or key as the client named it. */
  readonly field: string;
  /** Completes a sentence that begins with the field, such as "must be a number". */
  readonly description: string;
}

/** A request that cannot become the message of its RPC: the client's mistakes, all of which the client may be told. */
export class TranscodeError extends Error {
  override readonly name = "TranscodeError";
  readonly fields: readonly FieldProblem[];

  constructor(fields: readonly FieldProblem[], options?: ErrorOptions) {
    super(fields.map(({ field, description }) => `${field} ${description}`).join("; "), options);
    this.fields = fields;
  }
}
