import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { eventually } from "@geomesh/testing/eventually";
import { describe, expect, test } from "vitest";
import { turns } from "../../lookups/testing/fake-geo.ts";
import { anonymousForTest, principalForTest } from "../../operations/testing/principal.ts";
import { converse, linesOf, STREAM_PROTOCOLS, said, streamFronts } from "../testing/streams.ts";

const [[, begin] = []] = STREAM_PROTOCOLS;
if (begin === undefined) throw new Error("there is no protocol");

const addresses = (count: number, net = 2) =>
  Array.from({ length: count }, (_, n) => `192.0.${net}.${n + 1}`);
const bodyOf = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join("");

describe("what a stream costs", () => {
  test("is a unit for each address that was located, and a request for what travelled together", async () => {
    const { port, usage } = await streamFronts();
    const body = bodyOf([...addresses(200), "nonsense", "{}"]);
    const { lines } = await converse(begin, port, body);
    expect(lines).toHaveLength(202);
    expect(usage).toMatchObject([{ operation: "StreamLocations", status: 200, units: 200 }]);
  });

  test("is nothing for a part that a lost geo does not answer, and the stream ends with a problem", async () => {
    const { port, usage, geo, clock } = await streamFronts();
    const { request, answer } = begin(port);
    request.write("192.0.2.1\n");
    const lines = linesOf((await answer).body);
    expect(said((await lines.next()).value ?? "")).toBe("192.0.2.1");
    geo.isHolding = true;
    request.write("192.0.2.2\n");
    await eventually(() => geo.addresses() === 1);
    clock.advance(3_000);
    expect((await Array.fromAsync(lines)).map(said)).toEqual(["problem unavailable"]);
    expect(usage).toMatchObject([
      { status: 200, units: 1 },
      { status: 503, units: 0 },
    ]);
  });
});

describe("a quota that is used up", () => {
  test("before the first answer is a plain 429", async () => {
    const { port, usage } = await streamFronts({ quotaUnits: 2 });
    const { status, lines, headers } = await converse(begin, port, bodyOf(addresses(3)));
    expect([status, lines.map((line) => JSON.parse(line).code)]).toEqual([429, ["quota_exceeded"]]);
    expect(headers).toMatchObject({ ratelimit: expect.stringContaining("month") });
    expect(usage).toEqual([]);
  });

  test("in the middle of a stream is its last line, and what came before is answered and billed", async () => {
    const { port, usage } = await streamFronts({ quotaUnits: 2 });
    const { request, answer } = begin(port);
    request.write(bodyOf(addresses(2)));
    const { status, body } = await answer;
    const lines = linesOf(body);
    expect(said((await lines.next()).value ?? "")).toBe("192.0.2.1");
    request.write(bodyOf(addresses(3, 3)));
    expect(status).toBe(200);
    expect((await Array.fromAsync(lines)).map(said)).toEqual([
      "192.0.2.2",
      "problem quota_exceeded",
    ]);
    expect(usage).toMatchObject([{ status: 200, units: 2 }]);
  });

  test("lets what is free of charge through", async () => {
    const { port } = await streamFronts({ quotaUnits: 1 });
    expect((await converse(begin, port, bodyOf(["no", "nor this", "192.0.2.1"]))).status).toBe(200);
    expect((await converse(begin, port, bodyOf(["no", "nor this"]))).status).toBe(200);
  });
});

describe("a rate", () => {
  test("paces a stream: a part waits for its turn, and is answered then", async () => {
    const principal = principalForTest({ plan: { keyRate: { requests: 20, burst: 2 } } });
    const { port, usage, clock, rateLeft } = await streamFronts({ principal });
    const { request, answer } = begin(port);
    request.write("192.0.2.1\n");
    const lines = linesOf((await answer).body);
    await lines.next();
    request.write("192.0.2.2\n");
    await lines.next();
    expect(rateLeft(principal)).toBe(0);
    request.write("192.0.2.3\n");
    const third = lines.next();
    await turns();
    expect(usage).toHaveLength(2);
    clock.advance(1_000);
    expect(said((await third).value ?? "")).toBe("192.0.2.3");
    request.end();
    expect((await lines.next()).done).toBe(true);
  });

  test("for which a part would have to wait longer than a minute ends the stream with a problem", async () => {
    const plan = { keyRate: { requests: 1, burst: 1, per: { seconds: 3_600n } } };
    const { port } = await streamFronts({ principal: principalForTest({ plan }) });
    const { request, answer } = begin(port);
    request.write("192.0.2.1\n");
    const lines = linesOf((await answer).body);
    expect(said((await lines.next()).value ?? "")).toBe("192.0.2.1");
    request.write("192.0.2.2\n");
    const last = JSON.parse((await lines.next()).value ?? "");
    expect(last.problem).toMatchObject({ code: "rate_limited", status: 429 });
    expect((await lines.next()).done).toBe(true);
    const refused = await converse(begin, port, "192.0.2.1\n");
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, expect.any(String)]);
  });

  test("is charged for each address where the plan's batches have one", async () => {
    const principal = principalForTest({ plan: { batchSizeMax: 1, keyRate: { requests: 100 } } });
    const { port, usage, rateLeft } = await streamFronts({ principal });
    const { lines } = await converse(begin, port, bodyOf(addresses(10)));
    expect(lines.map(said)).toEqual(addresses(10));
    expect(usage).toHaveLength(10);
    expect(rateLeft(principal)).toBe(90);
  });

  test("that is used up refuses a stream before it is read", async () => {
    const plan = { keyRate: { requests: 1, per: { seconds: 60n } } };
    const principal = principalForTest({ plan });
    const { port } = await streamFronts({ principal });
    await converse(begin, port, "192.0.2.1\n");
    const { answer } = begin(port);
    expect((await answer).status).toBe(429);
  });
});

test("a test key is answered for test addresses alone, and nothing is charged", async () => {
  const principal = principalForTest({ key: { mode: KeyMode.TEST } });
  const { port, usage } = await streamFronts({ principal });
  const { lines } = await converse(begin, port, bodyOf(["9.9.9.9", "8.8.8.8", "{}", "1.1.1.1"]));
  expect(lines.map(said)).toEqual([
    "9.9.9.9 test_address_required",
    "8.8.8.8",
    " invalid_argument",
    "1.1.1.1",
  ]);
  expect(usage).toMatchObject([{ units: 0, mode: KeyMode.TEST }]);
});

test("a stream without a key has the limits of its plan where the operator allows it, else it is a 401", async () => {
  const anonymous = anonymousForTest("192.0.2.0", { batchSizeMax: 2 });
  const anonymousUse = { principalAt: () => anonymous, isOpen: () => true };
  const { port, usage } = await streamFronts({ anonymousUse });
  const { status, lines } = await converse(begin, port, bodyOf(addresses(5)), { key: "" });
  expect([status, lines.map(said)]).toEqual([200, addresses(5)]);
  expect(usage).toHaveLength(3);
  const closed = await streamFronts();
  expect((await converse(begin, closed.port, "192.0.2.1\n", { key: "" })).status).toBe(401);
});

test("a caller whose key may not locate is refused before anything is read", async () => {
  const principal = principalForTest({ key: { scopes: ["usage:read"] } });
  const { port } = await streamFronts({ principal });
  const { answer } = begin(port);
  expect((await answer).status).toBe(403);
});
