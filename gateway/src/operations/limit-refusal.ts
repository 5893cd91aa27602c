import { AppError } from "@geomesh/runtime/errors";
import type { LimitHeaders } from "./outcome.ts";

/** A refusal by a limit, and where its caller stands with all of its limits. */
export class LimitRefusal extends AppError {
  readonly headers: LimitHeaders;

  constructor(refusal: AppError, headers: LimitHeaders) {
    const { reason, publicMessage: message, fields, retryAfterMs, metadata, cause } = refusal;
    super(reason, {
      ...{ message, fields, metadata, cause },
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    this.headers = headers;
  }
}
