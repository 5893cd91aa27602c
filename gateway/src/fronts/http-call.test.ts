import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { http1, http2PriorKnowledge } from "../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

let fronts: TestFronts;
const keys: string[] = [];
beforeAll(async () => {
  fronts = await startTestFronts(({ call }) => {
    keys.push(call.idempotencyKey);
    return undefined;
  });
});
afterAll(() => fronts.close());

describe.each([
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] as const)("over %s", (_protocol, client) => {
  const send = (...idempotencyKeys: string[]) =>
    client(fronts.port, {
      path: "/v1/datasets",
      // Both clients send a header for each of several values.
      headers: { "x-api-key": TEST_KEY, "idempotency-key": idempotencyKeys as unknown as string },
    });

  test("an Idempotency-Key is read as it was sent, without quotes", async () => {
    keys.length = 0;
    expect((await send("a,b")).status).toBe(200);
    expect((await send('"a,b"')).status).toBe(200);
    expect(keys).toEqual(["a,b", "a,b"]);
  });

  test("several are a mistake, also of the same key", async () => {
    const { status, body } = await send("a", "a");
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      errors: [{ field: "Idempotency-Key", detail: "must be sent once" }],
    });
  });
});
