import { create } from "@bufbuild/protobuf";
import { ChangeCommittedSchema } from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import { ChangeCommitted } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { expect, test } from "vitest";
import { esEvent, grpcEvent, natsSubject } from "./event.ts";

test("a service's and the gateway's form of one event have the same name and the same bytes", () => {
  const [grpc, es] = [
    grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted),
    esEvent(ChangeCommittedSchema),
  ];
  const hint = { historyId: "a", revision: 2n ** 63n + 1n };
  expect(es.typeName).toBe(grpc.typeName);
  expect(es.decode(grpc.encode(hint))).toMatchObject(hint);
  expect(grpc.decode(es.encode(create(ChangeCommittedSchema, hint)))).toEqual(hint);
});

test.each(["", "a.b", "*", ">", "a b", "a\r\n"])(
  "the account id %j cannot make an event leave its subject",
  (partitionKey) => {
    const event = { typeName: "geomesh.test.v1.Happened" };
    expect(() => natsSubject(event, { subject: "x", partitionKey })).toThrow(TypeError);
  },
);
