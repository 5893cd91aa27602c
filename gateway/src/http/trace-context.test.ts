import { ANY_CHARACTER } from "@geomesh/testing/any-character";
import { Metadata } from "@grpc/grpc-js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginTrace, readTrace } from "./trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;
const OUT = new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-0[01]$`);

const traceOf = (...parents: string[]) =>
  readTrace(parents.flatMap((parent) => ["Traceparent", parent]));

describe("traceparent", () => {
  test.each([
    ["sampled", PARENT, "1"],
    ["not sampled", `00-${TRACE}-${SPAN}-00`, "0"],
    ["flags that are not known are not passed on", `00-${TRACE}-${SPAN}-ff`, "1"],
    ["of them none says sampled", `00-${TRACE}-${SPAN}-fe`, "0"],
    ["a later version", `01-${TRACE}-${SPAN}-01`, "1"],
    ["a later version with more", `cc-${TRACE}-${SPAN}-01-what.ever/else`, "1"],
    ["a later version with an empty rest", `fe-${TRACE}-${SPAN}-00-`, "0"],
  ])(
    "%s: a span of the gateway is the parent, and the version is ours",
    (_why, parent, sampled) => {
      const trace = traceOf(parent);
      expect(trace?.traceId).toBe(TRACE);
      expect(trace?.headers["traceparent"]).toMatch(OUT);
      expect(trace?.headers["traceparent"]?.at(-1)).toBe(sampled);
    },
  );

  test.each([
    ["no text", ""],
    ["the version that is forbidden", `ff-${TRACE}-${SPAN}-01`],
    ["more than version 00 has", `${PARENT}-x`],
    ["more than version 00 has, though it is empty", `${PARENT}-`],
    ["a later version whose rest begins without a dash", `01-${TRACE}-${SPAN}-01x`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a parent id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["a trace id in capitals", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["a parent id in capitals", `00-${TRACE}-${SPAN.toUpperCase()}-01`],
    ["flags in capitals", `00-${TRACE}-${SPAN}-0A`],
    ["a version in capitals", `0A-${TRACE}-${SPAN}-01`],
    ["a trace id that is too short", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["a trace id that is too long", `00-a${TRACE}-${SPAN}-01`],
    ["a parent id that is too short", `00-${TRACE}-${SPAN.slice(1)}-01`],
    ["one digit of flags", `00-${TRACE}-${SPAN}-1`],
    ["no flags", `00-${TRACE}-${SPAN}`],
    ["another separator", PARENT.replaceAll("-", "_")],
    ["a letter that is no digit", `00-${TRACE.replace("a", "g")}-${SPAN}-01`],
    ["spaces within", `00- ${TRACE}-${SPAN}-01`],
    ["two in one line", `${PARENT}, ${PARENT}`],
  ])("%s is no trace", (_why, parent) => {
    expect(traceOf(parent)).toBeUndefined();
  });

  test("several are none, and none is none", () => {
    expect(traceOf(PARENT, PARENT)).toBeUndefined();
    expect(traceOf()).toBeUndefined();
  });
});

describe("tracestate", () => {
  const members = (count: number) => Array.from({ length: count }, (_, n) => `k${n}=v`).join(",");
  const LONG = `a=${"x".repeat(253)},b=${"y".repeat(254)}`;
  const stateOf = (...states: string[]) =>
    readTrace([...["traceparent", PARENT], ...states.flatMap((state) => ["TraceState", state])])
      ?.headers["tracestate"];

  test.each([
    ["one member", ["congo=t61rcWkgMzE"], "congo=t61rcWkgMzE"],
    ["several, in order", ["rojo=00f067aa0ba902b7,congo=t6"], "rojo=00f067aa0ba902b7,congo=t6"],
    ["spaces and tabs between", ["a=1 ,\tb=2"], "a=1,b=2"],
    ["several lines are one list", ["a=1", "b=2,c=3"], "a=1,b=2,c=3"],
    ["empty members", [",a=1,,"], "a=1"],
    ["a key with its tenant", ["0t_1-*/x@v=1"], "0t_1-*/x@v=1"],
    ["spaces within a value", ["a=x  y"], "a=x  y"],
    ["32 members", [members(32)], members(32)],
    ["33 members", [members(33)], undefined],
    ["33 members in two lines", [members(32), "x=1"], undefined],
    ["512 characters", [LONG], LONG],
    ["513 characters", [`${LONG}z`], undefined],
    ["nothing", [""], undefined],
    ["no key", ["=1"], undefined],
    ["no value", ["a="], undefined],
    ["no sign of equality", ["a"], undefined],
    ["two of them", ["a=b=c"], undefined],
    ["a key in capitals", ["A=1"], undefined],
    ["one bad member among good ones", ["a=1,B=2"], undefined],
    ["a value beyond ASCII", ["a=\xe9"], undefined],
    ["a tab within a value", ["a=x\ty"], undefined],
    ["a value of 257 characters", [`a=${"x".repeat(257)}`], undefined],
  ])("%s", (_why, states, passedOn) => {
    expect(stateOf(...states)).toBe(passedOn);
  });

  test("without a valid traceparent it is worth nothing", () => {
    expect(readTrace(["tracestate", "a=1"])).toBeUndefined();
    expect(readTrace(["tracestate", "a=1", "traceparent", "x"])).toBeUndefined();
  });

  test("whatever a client sends, gRPC takes what is passed on", () => {
    const piece = fc.oneof(
      fc.constantFrom("a=1", ",", "=", " ", "\t", "\xe9", "k@t=", "\u007f", "x".repeat(200)),
      fc.string({ unit: ANY_CHARACTER }),
    );
    const state = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    const isTaken = fc.property(state, (text) => {
      const headers = readTrace(["traceparent", PARENT, "tracestate", text])?.headers ?? {};
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      expect(headers["tracestate"]?.length ?? 1).toBeLessThanOrEqual(512);
    });
    fc.assert(isTaken, { seed: 10, numRuns: 100 });
  });
});

test("a trace that begins here is valid, unlike any other, and nobody is asked to record it", () => {
  const [one, other] = [beginTrace(), beginTrace()];
  expect(one.headers["traceparent"]).toMatch(
    new RegExp(`^00-${one.traceId}-(?!0{16})[0-9a-f]{16}-00$`),
  );
  expect(readTrace(["traceparent", one.headers["traceparent"] ?? ""])?.traceId).toBe(one.traceId);
  expect(one.traceId).not.toBe(other.traceId);
});
