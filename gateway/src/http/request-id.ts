import { randomBytes } from "node:crypto";

const WELL_FORMED = /^[\w.-]{1,64}$/;

/** Answers the id of a request, given the client's own. */
export type RequestIds = (given: string | undefined) => string;

/** Creates a function that answers the client's own request id where it is valid (1 to 64 of A-Z a-z 0-9 . _ -), else a new one. */
export function createRequestIds(): RequestIds {
  const prefix = randomBytes(8).toString("hex");
  let count = 0;
  return (given) => {
    if (given !== undefined && WELL_FORMED.test(given)) return given;
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
