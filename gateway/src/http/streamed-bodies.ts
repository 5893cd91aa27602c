import type { Request } from "./exchange.ts";

const STREAMED = new WeakSet<Request>();

/**
 * Notes that the body of a request may take as long as it likes: whoever reads it bounds its pauses. The bound of a whole request
 * of HTTP/1.1 holds for every other body.
 */
export function noteStreamed(request: Request): void {
  STREAMED.add(request);
}

/** True for a body that `noteStreamed` was told of. */
export function isStreamed(request: Request): boolean {
  return STREAMED.has(request);
}
