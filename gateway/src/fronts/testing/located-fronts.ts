import { onTestFinished } from "vitest";
import type { Principal } from "../../keys/key-table.ts";
import type { AnswerOf } from "../../lookups/testing/fake-geo.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { pipelineForTest } from "../../rpc/testing/pipeline.ts";
import { startTestFronts, TEST_KEY } from "./fronts.ts";

/** A request to the fronts; its key is right. */
export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** What came back. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The real fronts over the real pipeline, with a geo that answers as the test says; they end with the test. */
export async function startLocatedFronts(
  answerOf: AnswerOf,
  principal: Principal = principalForTest(),
) {
  const pipeline = await pipelineForTest();
  await pipeline.lease(principal);
  pipeline.geo.answerOf = answerOf;
  const { policy, geo, usage } = pipeline;
  const fronts = await startTestFronts(undefined, { policy, authenticate: () => principal });
  onTestFinished(() => fronts.close());

  async function send(path: string, { method, headers, body }: Sent = {}): Promise<Received> {
    const response = await fetch(fronts.url + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        "x-api-key": TEST_KEY,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  return { send, geo, usage, url: fronts.url, port: fronts.port };
}
