import type { Exchange } from "../http/exchange.ts";

/** One way to ask the gateway, such as REST: it knows its own paths and leaves every other one to the next front. */
export interface Front {
  /**
   * Answers the request, now or later. False, with nothing done, for a path that is not one of its own.
   * Errors: any; the server then answers by a problem.
   */
  handle(exchange: Exchange): boolean;
}
