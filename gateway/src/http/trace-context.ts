import { randomBytes } from "node:crypto";
import { headerLines, onlyHeader } from "./header-lines.ts";

const TRACEPARENT = "traceparent";
const TRACESTATE = "tracestate";
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** Longest `tracestate` that is passed on, which is the least that everybody must pass on (section 3.3.1.5). */
const STATE_CHARS_MAX = 512;
const STATE_MEMBERS_MAX = 32;
const SAMPLED = 1;

/** Version, trace id, parent id and flags. What comes after them, only versions above 00 may have. */
const PARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const ONLY_ZEROS = /^0+$/;
/** A member of a list: key and value of section 3.3.1. */
const MEMBER =
  /^[a-z\d][a-z\d_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** The trace that a request is part of, by W3C Trace Context (https://www.w3.org/TR/trace-context/). */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** `traceparent`, with a span of the gateway as the parent, and `tracestate` where there is one. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads the trace of a request. Undefined where it has no valid `traceparent`, or several. A `tracestate` that is malformed, has
 * more than 32 members or more than 512 characters is left out.
 */
export function readTrace(rawHeaders: readonly string[]): Trace | undefined {
  const parent = onlyHeader(rawHeaders, TRACEPARENT);
  if (parent === undefined) return undefined;
  const [, version, traceId = "", parentId = "", flags = "", more] = PARENT.exec(parent) ?? [];
  if (version === undefined || version === "ff") return undefined;
  if (version === "00" && more !== undefined) return undefined;
  if (ONLY_ZEROS.test(traceId) || ONLY_ZEROS.test(parentId)) return undefined;
  const state = stateOf(rawHeaders);
  const headers = { [TRACEPARENT]: parentOf(traceId, Number.parseInt(flags, 16) & SAMPLED) };
  return { traceId, headers: state === "" ? headers : { ...headers, [TRACESTATE]: state } };
}

/** Begins a trace, which nobody is asked to record. */
export function beginTrace(): Trace {
  const traceId = randomBytes(TRACE_ID_BYTES).toString("hex");
  return { traceId, headers: { [TRACEPARENT]: parentOf(traceId, 0) } };
}

function parentOf(traceId: string, flags: number): string {
  const spanId = randomBytes(SPAN_ID_BYTES).toString("hex");
  return `00-${traceId}-${spanId}-0${flags}`;
}

/** The members of all `tracestate` headers, in order; empty where they are none or cannot be passed on. */
function stateOf(rawHeaders: readonly string[]): string {
  const members = headerLines(rawHeaders, TRACESTATE)
    .flatMap((value) => value.split(","))
    .map((member) => member.trim())
    .filter((member) => member !== "");
  const state = members.join(",");
  const isFit =
    state.length <= STATE_CHARS_MAX &&
    members.length <= STATE_MEMBERS_MAX &&
    members.every((member) => MEMBER.test(member));
  return isFit ? state : "";
}
