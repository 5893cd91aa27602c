import { AppError } from "@geomesh/runtime/errors";
import { type Exchange, reply } from "./exchange.ts";
import type { Fail } from "./fail.ts";

/** Lists the methods of a path for OPTIONS; refuses any other method with that list, which is the value of `Allow`. */
export function answerMethods(exchange: Exchange, allow: string, fail: Fail): void {
  if (exchange.method === "OPTIONS") {
    reply(exchange, 204, { allow }, "");
    return;
  }
  exchange.response.setHeader("allow", allow);
  const message = `${exchange.method} is not allowed here; allowed methods: ${allow}`;
  fail(exchange, new AppError("METHOD_NOT_ALLOWED", { message }));
}

/** The methods of a path as `Allow` lists them, with those that every path and every GET has. */
export function allowOf(methods: readonly string[]): string {
  const implied = methods.includes("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"];
  return [...new Set([...methods, ...implied])].join(", ");
}
