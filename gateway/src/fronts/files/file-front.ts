import { acceptedCodings, VARIES } from "../../http/accept-encoding.ts";
import { answerMethods } from "../../http/answer-methods.ts";
import { isCompressible } from "../../http/compressible.ts";
import { type Exchange, type Headers, reply } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { matchesEtag } from "../../http/if-none-match.ts";
import type { RequestMeter, RequestMeters } from "../../telemetry/request-meters.ts";
import type { Front } from "../front.ts";
import { type Body, type BodyFor, createBodies, createCompress } from "./bodies.ts";
import type { FileSet, StaticFile } from "./file-set.ts";

const ALLOWED = "GET, HEAD, OPTIONS";

/** What the front for files works with. */
export interface FileFrontDeps {
  readonly sets: readonly FileSet[];
  readonly fail: Fail;
  readonly meters: RequestMeters;
}

/** A file of the manifest. */
interface Entry {
  readonly type: string;
  /** Of all its answers, a 304 included. */
  readonly headers: Headers;
  readonly bodyFor: BodyFor;
  readonly meter: RequestMeter;
}

/** A path whose file is elsewhere. */
interface Move {
  readonly location: string;
  readonly meter: RequestMeter;
}

/** Paths of a set at which there is no file. */
interface Gap {
  readonly missing: NonNullable<FileSet["missing"]>;
  readonly meter: RequestMeter;
}

/**
 * Creates the front for files that need no key. Its manifest, which file is at which path, is made at the start; bodies are
 * made when they are first asked for: to read and compress 500 flags would delay each start by a second. It keeps every body
 * that was asked for, up to three of a file: 7 MB for all flags and the OpenAPI document, and 3 MB for the pages.
 */
export function createFileFront({ sets, fail, meters }: FileFrontDeps): Front {
  const compress = createCompress();
  const manifest = new Map<string, Entry>();
  const moves = new Map<string, Move>();
  const gaps: Gap[] = [];
  for (const { operation, files, moved, missing } of sets) {
    const meter = meters.of(operation);
    for (const [path, location] of moved ?? []) moves.set(path, { location, meter });
    if (missing !== undefined) gaps.push({ missing, meter });
    for (const [path, file] of files) {
      const bodyFor = createBodies(file, compress);
      manifest.set(path, { type: file.type, headers: headersOf(file), bodyFor, meter });
    }
  }

  function refuseMissing(exchange: Exchange): boolean {
    for (const { missing, meter } of gaps) {
      const error = missing(exchange.path);
      if (error === undefined) continue;
      exchange.meter = meter;
      fail(exchange, error);
      return true;
    }
    return false;
  }

  function answer(exchange: Exchange, entry: Entry): void {
    const accepted = acceptedCodings(exchange.request.headers["accept-encoding"]);
    entry.bodyFor(accepted).then(
      (body) => send(exchange, entry, body),
      (error) => fail(exchange, error),
    );
  }

  return {
    handle(exchange) {
      const { path, method } = exchange;
      const entry = manifest.get(path);
      const move = entry === undefined ? moves.get(path) : undefined;
      const found = entry ?? move;
      if (found === undefined) return refuseMissing(exchange);
      exchange.meter = found.meter;
      if (method !== "GET" && method !== "HEAD") answerMethods(exchange, ALLOWED, fail);
      else if (entry !== undefined) answer(exchange, entry);
      else if (move !== undefined) reply(exchange, 308, { location: move.location }, "");
      return true;
    },
  };
}

function headersOf(file: StaticFile): Headers {
  return {
    "cache-control": file.cacheControl,
    ...(isCompressible(file.type) && VARIES),
    "x-content-type-options": "nosniff",
    ...file.headers,
  };
}

function send(exchange: Exchange, { type, headers }: Entry, { coding, etag, bytes }: Body): void {
  if (matchesEtag(exchange.request.headers["if-none-match"], etag)) {
    reply(exchange, 304, headers, "", { etag });
    return;
  }
  const ofBody = { etag, "content-type": type, ...(coding && { "content-encoding": coding }) };
  reply(exchange, 200, headers, bytes, ofBody);
}
