import { create, type DescMethodUnary, fromBinary, type Message } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { CallOptions } from "@geomesh/runtime/grpc/client";
import { expect, test } from "vitest";
import { forward } from "./forward.ts";

const { signal } = new AbortController();
const CONTEXT = {
  principal: {
    ...{ key: create(KeySchema), account: create(AccountSchema), plan: create(PlanSchema) },
  },
  call: {
    ...{ clientAddress: "192.0.2.1", requestId: "1", language: undefined, idempotencyKey: "" },
    ...{ traceHeaders: {}, signal },
  },
  options: { signal },
};

/** How a request is forwarded, to a service that answers with what it has got of it. */
async function forwarded(method: DescMethodUnary, request: Message) {
  const got: [Message, CallOptions][] = [];
  const client = {
    [method.localName]: async (...call: [Message, CallOptions]) => {
      got.push(call);
      return create(method.output);
    },
  };
  const answer = await forward(client, method)(request, CONTEXT);
  expect(fromBinary(method.output, answer)).toEqual(create(method.output));
  expect(got).toEqual([[request, expect.anything()]]);
  return got[0]?.[1];
}

test.each([
  ["revokeKey", 20_000, 25_000],
  ["deleteKey", 0, 5_000],
  ["disableKey", 1_500, 6_500],
  ["revokeKey", 3_600_000, 35_000],
  ["revokeKey", -10_000, 5_000],
] as const)("%s that is asked to wait %d ms has %d ms", async (name, waitMs, deadlineMs) => {
  const method = AuthService.method[name];
  const request = create(method.input, { wait: durationFromMs(waitMs) });
  expect(await forwarded(method, request)).toEqual({ signal, deadlineMs });
});

test.each(["revokeKey", "getKey"] as const)(
  "%s that is not asked to wait has the usual time",
  async (name) => {
    const method = AuthService.method[name];
    expect(await forwarded(method, create(method.input))).toEqual({ signal });
  },
);

test("a service without a client is told at the start", () => {
  expect(() => forward({}, AuthService.method.getKey)).toThrow(
    "no client for geomesh.auth.v1.AuthService/GetKey",
  );
});
