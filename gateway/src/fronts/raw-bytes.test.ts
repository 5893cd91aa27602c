import { once } from "node:events";
import net from "node:net";
import { setImmediate } from "node:timers/promises";
import { AppError } from "@geomesh/runtime/errors";
import { canonicalAddress } from "@geomesh/terms/canonical-address";
import { eventually } from "@geomesh/testing/eventually";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { parseAnswers, type RawAnswer } from "../http/testing/raw-http.ts";
import { headers, RawHttp2 } from "../http/testing/raw-http2.ts";
import { locateAll } from "../lookups/testing/fake-geo.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { pipelineForTest } from "../rpc/testing/pipeline.ts";
import { startTestFronts, TEST_KEY } from "./testing/fronts.ts";
import { mutated, pieces, type RawRequest, rawRequest } from "./testing/raw-requests.ts";

/** Another run: `FUZZ_SEED=7 npm test -- gateway/src/fronts/raw-bytes`. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
/** A good request comes within these on a busy machine too, and a bad one is waited for so long. */
const HEADERS_MS_MAX = 600;
const REQUEST_MS_MAX = 1_000;
/** A connection that got so many bytes ends within the times of the server. */
const ENDED_MS_MAX = 10_000;
const RUNS = 4;
const CLIENTS_MAX = 150;
const CONTINUE = 100;
/** Of one request. */
const UNITS_MAX = 2;
/** The last request of a connection, where what is before it is not its beginning. */
const LAST = Buffer.from("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
/** As many addresses as a key may have under way. */
const ADDRESSES_MAX = 16_000;

const principal = principalForTest();

/** The fronts over the whole pipeline. */
async function frontsForTest() {
  const { policy, lease, usage, lookups, geo } = await pipelineForTest();
  geo.answerOf = (ipAddress, language) =>
    canonicalAddress(ipAddress) === undefined
      ? { result: { case: "error", value: { ipAddress, code: "invalid_argument", message: "" } } }
      : locateAll(ipAddress, language);
  await lease(principal);
  const fronts = await startTestFronts(undefined, {
    authenticate(credential) {
      if (credential === TEST_KEY) return principal;
      throw new AppError(credential === undefined ? "KEY_MISSING" : "KEY_INVALID");
    },
    ...{ policy, headersMsMax: HEADERS_MS_MAX, requestMsMax: REQUEST_MS_MAX },
  });
  onTestFinished(() => fronts.close());
  return {
    port: fronts.port,
    usage,
    /** Neither connections, nor answers, nor addresses are under way any more. */
    async expectNothingLeft(): Promise<void> {
      const open = /^gateway_(?:connections\{.*\}|unsent_bytes) (?!0$)/m;
      await eventually(async () => !open.test(await fronts.metrics()));
      await eventually(() => lookups.room.problem(principal, ADDRESSES_MAX) === undefined);
    },
  };
}

/** What one client sends: good requests, bytes that are likely to be none, and more good requests. */
interface Sent {
  readonly good: readonly RawRequest[];
  readonly bad: Buffer;
  readonly behind: readonly RawRequest[];
  readonly sizes: readonly number[];
}

const sent: fc.Arbitrary<Sent> = fc.record({
  good: fc.array(rawRequest, { maxLength: 4 }),
  bad: mutated(rawRequest.map(({ bytes }) => bytes)),
  behind: fc.array(rawRequest, { maxLength: 2 }),
  sizes: fc.array(fc.integer({ min: 20, max: 600 }), { minLength: 1, maxLength: 4 }),
});
const clients = fc.array(sent, { minLength: 1, maxLength: CLIENTS_MAX, size: "max" });

/** Sends all, in pieces, and then so much that the connection ends by itself; returns what came back. */
async function exchange(
  port: number,
  { good, bad, behind, sizes }: Sent,
  piecesMax = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  const socket = net.connect(port, "127.0.0.1").setNoDelay(true);
  const closed = once(socket, "close");
  const received: Buffer[] = [];
  socket.on("data", (chunk) => void received.push(chunk));
  // The other side may cut the connection before all is sent.
  socket.on("error", () => undefined);
  const all = [...good.map(({ bytes }) => bytes), bad, ...behind.map(({ bytes }) => bytes), LAST];
  for (const piece of pieces(Buffer.concat(all), sizes).slice(0, piecesMax)) {
    if (socket.writable) socket.write(piece);
    await setImmediate();
  }
  if (Number.isFinite(piecesMax)) socket.destroy();
  const late = setTimeout(() => socket.destroy(new Error("late")), ENDED_MS_MAX);
  await closed;
  clearTimeout(late);
  expect(socket.errored?.message).not.toBe("late");
  return Buffer.concat(received);
}

/** Units that answers of 200 show. */
function unitsOf({ status, headers, body }: RawAnswer): number {
  if (status !== 200 || headers["content-type"] !== "application/json") return 0;
  const { results } = JSON.parse(body);
  return results?.filter(({ location }: { location?: object }) => location).length ?? 1;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);

test("whatever bytes come, good requests before them are answered, once, in order, and billed", async () => {
  const { port, usage, expectNothingLeft } = await frontsForTest();
  await fc.assert(
    fc.asyncProperty(clients, async (some) => {
      usage.length = 0;
      const received = await Promise.all(some.map((client) => exchange(port, client)));
      const answers = received.map((bytes) =>
        parseAnswers(bytes).filter(({ status }) => status !== CONTINUE),
      );
      for (const [n, { good }] of some.entries()) {
        const own = answers[n] ?? [];
        const told = own.map(({ status, headers }) => [headers["x-request-id"], status]);
        expect(told.slice(0, good.length)).toEqual(good.map(({ id, status }) => [id, status]));
        expect(new Set(told.map(([id]) => id)).size).toBe(told.length);
        expect(own.filter(({ status }) => status >= 500)).toEqual([]);
        const last = own.findIndex(({ headers }) => headers["connection"] === "close");
        expect(last).toBe(own.length - 1);
      }
      expect(sum(usage.map(({ units }) => units))).toBe(sum(answers.flat().map(unitsOf)));
    }),
    { seed: SEED, numRuns: RUNS },
  );
  await expectNothingLeft();
});

test("clients that go at any byte leave nothing behind, and pay for no more than they asked", async () => {
  const { port, usage, expectNothingLeft } = await frontsForTest();
  let askedMax = 0;
  const going = fc.array(fc.tuple(sent, fc.nat({ max: 8 })), { maxLength: 40, size: "max" });
  await fc.assert(
    fc.asyncProperty(going, async (some) => {
      await Promise.all(some.map(([client, piecesMax]) => exchange(port, client, piecesMax)));
      await expectNothingLeft();
      askedMax += sum(
        some.map(([{ good, behind }]) => UNITS_MAX * (good.length + behind.length + 2)),
      );
      expect(sum(usage.map(({ units }) => units))).toBeLessThanOrEqual(askedMax);
    }),
    { seed: SEED, numRuns: RUNS },
  );
});

test("on sessions of HTTP/2 no stream is answered twice, and no answer is free", async () => {
  const { port, usage, expectNothingLeft } = await frontsForTest();
  const lookup = (n: number) => headers(1 + 2 * n, `/v1/locations/192.0.2.1?api_key=${TEST_KEY}`);
  const session = fc.record({
    count: fc.nat({ max: 5 }),
    bad: mutated(fc.nat({ max: 7 }).map(lookup)),
    sizes: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
  });
  let answeredMin = 0;
  let billedMax = 0;
  const serve = async ({ count, bad, sizes }: { count: number; bad: Buffer; sizes: number[] }) => {
    const client = new RawHttp2(port);
    const good = Array.from({ length: count }, (_, n) => lookup(n));
    for (const piece of pieces(Buffer.concat([...good, bad, lookup(8)]), sizes)) {
      if (client.socket.writable) client.socket.write(piece);
      await setImmediate();
    }
    // A broken session may end before they are answered (RFC 9113, section 5.4.1).
    await client.until(() => client.answered().length >= count);
    client.socket.end();
    await client.until(() => false);
    const answered = client.answered();
    expect(new Set(answered).size).toBe(answered.length);
    answeredMin += answered.filter((id) => id < 2 * count).length;
    billedMax += count + 2;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(session, { maxLength: 40, size: "max" }), async (some) => {
      await Promise.all(some.map(serve));
      await expectNothingLeft();
      const billed = sum(usage.map(({ units }) => units));
      expect(billed).toBeGreaterThanOrEqual(answeredMin);
      expect(billed).toBeLessThanOrEqual(billedMax);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  expect(answeredMin).toBeGreaterThan(0);
});
