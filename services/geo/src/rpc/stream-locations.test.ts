import { once } from "node:events";
import { Duplex } from "node:stream";
import {
  StreamLocationsRequest,
  StreamLocationsResponse,
} from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { handlersOf, NO_CALL } from "../testing/geo-handlers.ts";
import { composerOf } from "../testing/locate.ts";
import { variedDatasets } from "../testing/varied-datasets.ts";

const COMPOSER = composerOf(variedDatasets(1));
const KEPT_MAX = 4;

/** A call whose peer takes answers only while it is let to. */
class TestCall extends Duplex {
  readonly answers: StreamLocationsResponse[] = [];
  asked = 0;
  /** How many messages were read from the peer. */
  pulled = 0;
  #isTaking = true;
  #waiting: (() => void) | undefined;
  readonly #requests: Iterator<Buffer>;

  constructor(requests: Iterable<Buffer>) {
    super({ objectMode: true, highWaterMark: KEPT_MAX });
    this.#requests = requests[Symbol.iterator]();
    const count = (addresses: number) => {
      this.asked += addresses;
    };
    const handlers = handlersOf(COMPOSER, count);
    handlers.streamLocations(this as unknown as ServerDuplexStream<Buffer, Buffer>, NO_CALL);
  }

  letTake(isTaking: boolean): void {
    this.#isTaking = isTaking;
    if (isTaking) this.#waiting?.();
  }

  override _read(): void {
    const { value, done } = this.#requests.next();
    if (!done) this.pulled++;
    this.push(done ? null : value);
  }

  override _write(answer: Buffer, _encoding: string, done: () => void): void {
    this.answers.push(StreamLocationsResponse.decode(answer));
    if (this.#isTaking) done();
    else this.#waiting = done;
  }
}

const ask = (ipAddress: string, options: Partial<StreamLocationsRequest> = {}) =>
  Buffer.from(
    StreamLocationsRequest.encode(
      StreamLocationsRequest.fromPartial({ ipAddress, ...options }),
    ).finish(),
  );

function resultsOf({ answers }: TestCall) {
  return answers.map(({ result }) => result?.result);
}

test("addresses are answered in order, and what is not an address has its own error", async () => {
  const call = new TestCall(
    ["1.0.0.1", "x", "", "y".repeat(100), "2a00:1::1"].map((text) => ask(text)),
  );
  await once(call, "finish");
  const error = (ipAddress: string) => ({
    $case: "error",
    value: { ipAddress, code: "invalid_argument" },
  });
  expect(resultsOf(call)).toMatchObject([
    { $case: "location", value: { ipAddress: "1.0.0.1", countryCode: "GB", names: undefined } },
    error("x"),
    error(""),
    error("y".repeat(46)),
    { $case: "location", value: { ipAddress: "2a00:1::1", countryCode: "DE" } },
  ]);
  expect(call.asked).toBe(5);
});

test("language and masks are those of the first message, whatever later ones say", async () => {
  const options = { language: "fr", fields: ["city", "names.city"] };
  const later = { language: "tlh", fields: ["citty"], excludeFields: ["city"] };
  const call = new TestCall([ask("1.0.0.1", options), ask("1.1.0.1", later)]);
  await once(call, "finish");
  expect(resultsOf(call)).toMatchObject([
    { value: { city: "Ville\\0", names: { city: { fr: "Ville\\0" }, country: {} } } },
    { value: { city: "Ville\\1", names: { city: { fr: "Ville\\1" }, country: {} } } },
  ]);
});

test.each<[why: string, first: Buffer, code: number, details: RegExp]>([
  [
    "a wrong mask",
    ask("1.1.1.1", { fields: ["citty"] }),
    3,
    /fields names "citty", which is no key/,
  ],
  ["a wrong language", ask("1.1.1.1", { language: "tlh" }), 3, /language must be one of/],
  [
    "all mistakes",
    ask("1.1.1.1", { language: "tlh", fields: ["a"], excludeFields: ["b"] }),
    3,
    /language must be .*; fields .*"a".*; exclude_fields .*"b"/,
  ],
  ["bytes that are no message", Buffer.from([0x0a, 0xff]), 3, /./],
])(
  "a stream that begins with %s ends with that error and answers nothing",
  async (_why, first, code, details) => {
    const call = new TestCall([first, ask("1.1.1.1")]);
    const [failure] = await once(call, "error");
    expect(failure).toMatchObject({ code, details: expect.stringMatching(details) });
    expect([call.answers, call.asked]).toEqual([[], 0]);
  },
);

test("while the peer takes no answers no more than a few addresses are read, and then all are answered in order", async () => {
  const addresses = Array.from({ length: 2_000 }, (_, n) => `1.${n % 40}.${n >> 8}.${n & 255}`);
  const call = new TestCall(addresses.map((text) => ask(text)));
  call.letTake(false);
  await once(call, "pause");
  const read = call.pulled;
  expect(call.asked).toBeLessThanOrEqual(KEPT_MAX + 1);
  // What the stream itself reads ahead.
  expect(read).toBeLessThanOrEqual(3 * KEPT_MAX);
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(call.pulled).toBeLessThanOrEqual(3 * KEPT_MAX);
  call.letTake(true);
  await once(call, "finish");
  const found = resultsOf(call).map((result) => result?.value.ipAddress);
  expect(found).toEqual(addresses);
});
