import { once } from "node:events";
import net from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "@geomesh/testing/eventually";
import { describe, expect, onTestFinished, test } from "vitest";
import { openRaw } from "../../http/testing/raw-http.ts";
import { TEST_KEY } from "../testing/fronts.ts";
import { linesOf, STREAM_PATH, STREAM_PROTOCOLS, said, streamFronts } from "../testing/streams.ts";

const PAUSE_MS = 300;
/** Of whatever body is no stream. */
const REQUEST_MS = 200;
/** In which some of an answer must be read. */
const SLOW_MS = 2_000;
const HOUR_MS = 3_600_000;
const HEAD = `POST ${STREAM_PATH} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${TEST_KEY}\r\nContent-Type: text/plain\r\n`;
/** More than waited while nothing was read. */
const ANSWERS_READ = 20_000;
/** Of lines: more than the buffers of the system take. */
const CHUNKS_MAX = 2_000;
const LINES = Buffer.from("192.0.2.1\n".repeat(2_000));

const problemOf = (line: unknown) => JSON.parse(String(line)).problem?.code;

describe.each(STREAM_PROTOCOLS)("a client of %s", (_protocol, begin) => {
  test("that does not read is not read from: what waits for it is bounded, and goes on once it reads", async () => {
    const { port, usage, metrics } = await streamFronts({ unsent: { readMsMax: HOUR_MS } });
    const { request, answer, destroy } = begin(port);
    let sent = 0;
    const send = () => {
      while (sent < CHUNKS_MAX && request.write(LINES)) sent += 1;
    };
    request.on("drain", send);
    send();
    const { body } = await answer;
    // It reads nothing until all that the gateway takes is taken.
    let before = -1;
    await eventually(async () => {
      const taken = usage.length;
      const isStill = taken === before && taken > 0;
      before = taken;
      await wait(100);
      return isStill;
    });
    expect(sent).toBeLessThan(CHUNKS_MAX);
    const unsent = Number(/^gateway_unsent_bytes{?.*?}? (\d+)/m.exec(await metrics())?.[1]);
    expect(unsent).toBeLessThan(8 * 1024 * 1024);
    let answered = 0;
    for await (const line of linesOf(body)) {
      expect(said(line)).toBe("192.0.2.1");
      answered += 1;
      if (answered === ANSWERS_READ) break;
    }
    expect(answered).toBe(ANSWERS_READ);
    destroy();
  });

  test("that sends nothing for too long hears so, in a last line or as a 408", async () => {
    const { port } = await streamFronts({ streamPauseMsMax: PAUSE_MS });
    const { request, answer } = begin(port);
    request.write("192.0.2.1\n");
    const lines = await Array.fromAsync(linesOf((await answer).body));
    expect([said(lines[0] ?? ""), problemOf(lines[1])]).toEqual(["192.0.2.1", "body_too_slow"]);
    const silent = begin(port);
    silent.request.write("\n\n192.");
    expect((await silent.answer).status).toBe(408);
  });

  test("that waits for its answers is not cut, however slow they are", async () => {
    const { port, geo } = await streamFronts({ streamPauseMsMax: PAUSE_MS });
    geo.isHolding = true;
    const { request, answer } = begin(port);
    request.write("192.0.2.1\n");
    await eventually(() => geo.addresses() === 1);
    await wait(2.5 * PAUSE_MS);
    geo.isHolding = false;
    geo.answer();
    // From now on its pause counts.
    request.end("192.0.2.2\n");
    const lines = linesOf((await answer).body);
    expect(said((await lines.next()).value ?? "")).toBe("192.0.2.1");
    expect(said((await lines.next()).value ?? "")).toBe("192.0.2.2");
  });

  test("may send for longer than another body may take", async () => {
    const { port } = await streamFronts({ requestMsMax: REQUEST_MS, headersMsMax: REQUEST_MS });
    const { request, answer } = begin(port);
    request.write("192.0.2.0\n");
    const lines = linesOf((await answer).body);
    await lines.next();
    // Node looks each 200 ms, as its interval is that of the headers.
    for (let n = 1; n <= 8; n += 1) {
      await wait(REQUEST_MS / 2);
      request.write(`192.0.2.${n}\n`);
      expect(said((await lines.next()).value ?? "")).toBe(`192.0.2.${n}`);
    }
    request.end();
    expect((await lines.next()).done).toBe(true);
  });

  test("that goes in the middle is not billed for what is under way, which ends", async () => {
    const { port, geo, usage, hasRoom, metrics } = await streamFronts();
    const { request, answer, destroy } = begin(port);
    request.write("192.0.2.1\n");
    const { body } = await answer;
    body.on("error", () => undefined);
    await once(body, "readable");
    geo.isHolding = true;
    request.write("192.0.2.2\n");
    await eventually(() => geo.addresses() === 1);
    destroy();
    await eventually(
      async () => /gateway_connections\{[^}]*\} [1-9]/.test(await metrics()) === false,
    );
    geo.answer();
    await eventually(() => usage.length === 2);
    expect(usage).toMatchObject([
      { status: 200, units: 1 },
      { status: 499, units: 0 },
    ]);
    await eventually(() => hasRoom(16_000));
  });

  test("is told by a last line at once when the gateway leaves", async () => {
    const { port, close } = await streamFronts();
    const { request, answer } = begin(port);
    request.write("192.0.2.1\n");
    const lines = linesOf((await answer).body);
    expect(said((await lines.next()).value ?? "")).toBe("192.0.2.1");
    const closed = close();
    expect(problemOf((await lines.next()).value)).toBe("unavailable");
    expect((await lines.next()).done).toBe(true);
    request.end();
    await closed;
  });

  test("that reads slowly but reads is not cut", async () => {
    const { port, metrics } = await streamFronts({ unsent: { readMsMax: SLOW_MS } });
    const { request, answer } = begin(port);
    for (let n = 0; n < 12; n += 1) request.write(LINES);
    request.end();
    const { body } = await answer;
    const startMs = performance.now();
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      // The buffers of the system hide steps of some megabytes.
      if (performance.now() - startMs < 1.5 * SLOW_MS) await wait(10);
    }
    expect(performance.now() - startMs).toBeGreaterThan(SLOW_MS);
    expect(bytes).toBeGreaterThan(24_000 * 40);
    expect(await metrics()).not.toMatch(/slow_reader"[^}]*\} [1-9]/);
  });
});

test.each([
  ["in the middle of a body", "Transfer-Encoding: chunked\r\n\r\na\r\n192.0.2.1\n\r\n", [400]],
  ["after its body", "Content-Length: 10\r\n\r\n192.0.2.1\n", []],
])("a client of HTTP/1.1 that closes its half %s has gone", async (_when, rest, statuses) => {
  const { port, usage, geo, hasRoom } = await streamFronts();
  geo.isHolding = true;
  const connection = await openRaw(port);
  connection.send(`${HEAD}${rest}`);
  await eventually(() => geo.addresses() === 1);
  connection.end();
  expect((await connection.allAnswers()).map(({ status }) => status)).toEqual(statuses);
  geo.answer();
  await eventually(() => usage.length === 1);
  expect(usage).toMatchObject([{ status: 499, units: 0 }]);
  expect(hasRoom(16_000)).toBe(true);
});

test("a connection of HTTP/1.1 goes on after a stream, and its next body is bounded again", async () => {
  const { port } = await streamFronts({ requestMsMax: 400, headersMsMax: 300 });
  const connection = await openRaw(port);
  const body = "192.0.2.1\n";
  connection.send(`${HEAD}Content-Length: ${2 * body.length}\r\n\r\n${body}`);
  await wait(1_000);
  connection.send(body);
  expect((await connection.answers(1))[0]?.status).toBe(200);
  connection.send(
    `POST /v1/locations:batchGet HTTP/1.1\r\nHost: x\r\nX-API-Key: ${TEST_KEY}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
  );
  const answers = await connection.allAnswers();
  expect(answers.map(({ status }) => status)).toEqual([200, 408]);
});

test("a client that neither sends nor reads any more is cut", async () => {
  const { port, hasRoom, metrics } = await streamFronts({
    ...{ unsent: { readMsMax: 400 }, streamPauseMsMax: HOUR_MS },
  });
  const socket = net.connect(port, "127.0.0.1").pause();
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  socket.write(`${HEAD}Content-Length: ${200 * LINES.length}\r\n\r\n`);
  // More than the buffers of the system take of the answers.
  for (let n = 0; n < 20; n += 1) socket.write(LINES);
  await eventually(async () => /slow_reader"[^}]*\} 1/.test(await metrics()));
  await eventually(() => hasRoom(16_000));
});
