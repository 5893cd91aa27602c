import type { CallContext } from "@geomesh/runtime/grpc/server";
import { createTestClock } from "@geomesh/testing/test-clock";
import type { LocationComposer } from "../answer/location-composer.ts";
import type { LiveComposer } from "../live/live-composer.ts";
import { createHandlers } from "../rpc/handlers.ts";
import { TEST_TIME } from "./locate.ts";

/** What handlers that answer one request know of their call. */
export const NO_CALL: CallContext = {
  signal: new AbortController().signal,
  deadline: undefined,
  requestId: undefined,
  onBehalfOf: undefined,
  method: "",
};

/** The handlers of a geo that serves a composer, at the time of tests. */
export function handlersOf(
  composer: LocationComposer,
  countAddresses: (addresses: number) => void = () => undefined,
) {
  const live = { composer } as LiveComposer;
  return createHandlers({ live, clock: createTestClock(TEST_TIME.getTime()), countAddresses }).geo;
}
