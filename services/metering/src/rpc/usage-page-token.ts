import { createHash } from "node:crypto";
import { AppError } from "@geomesh/runtime/errors";
import { isIdentifier } from "../ledger/identity.ts";
import type { RowPosition } from "../ledger/usage-rows.ts";

const SEPARATOR = "\n";
const DIGEST_CHARACTERS = 16;
const INTERVAL_PATTERN = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const TIME_PATTERN = /^\d{1,15}$/;
const MODE_PATTERN = /^(?:|LIVE|TEST)$/;
const STATUS_PATTERN = /^\d{1,3}$/;

/** Where the next page begins: the range of the first page, whose end may have been "now", and the last row shown. */
export interface UsagePageStart {
  readonly startMs: number;
  readonly endMs: number;
  readonly after: RowPosition;
}

/** A short name of a question, which binds a token to it. */
export function digestOf(question: readonly unknown[]): string {
  const hash = createHash("sha256").update(JSON.stringify(question));
  return hash.digest("hex").slice(0, DIGEST_CHARACTERS);
}

/** Writes a token, opaque to callers, of at most 512 characters. */
export function encodePageToken(digest: string, { startMs, endMs, after }: UsagePageStart): string {
  const { interval, accountId, keyId, operation, status, mode } = after;
  const parts = [digest, startMs, endMs, interval, accountId, keyId, operation, status, mode];
  return Buffer.from(parts.join(SEPARATOR)).toString("base64url");
}

/** Reads a token. Errors: PAGE_TOKEN_INVALID unless the same question can have made it. */
export function decodePageToken(digest: string, token: string): UsagePageStart {
  const parts = Buffer.from(token, "base64url").toString().split(SEPARATOR);
  const [, start = "", end = "", interval = "", accountId = "", keyId = "", operation = ""] = parts;
  const [status = "", mode = ""] = parts.slice(7);
  const isSound =
    TIME_PATTERN.test(start) &&
    TIME_PATTERN.test(end) &&
    INTERVAL_PATTERN.test(interval) &&
    [accountId, keyId, operation].every((text) => text === "" || isIdentifier(text)) &&
    STATUS_PATTERN.test(status) &&
    MODE_PATTERN.test(mode);
  const after = { interval, accountId, keyId, operation, status: Number(status), mode };
  const read = { startMs: Number(start), endMs: Number(end), after };
  if (isSound && encodePageToken(digest, read) === token) return read;
  throw new AppError("PAGE_TOKEN_INVALID", {
    fields: [{ field: "page_token", description: "must be the next_page_token of this query" }],
  });
}
