import { create } from "@bufbuild/protobuf";
import { RevisionBeatSchema } from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import { RevisionBeat } from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { expect, test } from "vitest";
import { esEvent, grpcEvent } from "./event.ts";

test("a service's and the gateway's form of one event have the same name and the same bytes", () => {
  const [grpc, es] = [
    grpcEvent("geomesh.auth.v1.RevisionBeat", RevisionBeat),
    esEvent(RevisionBeatSchema),
  ];
  const revision = 2n ** 63n + 1n;
  expect(es.typeName).toBe(grpc.typeName);
  expect(es.decode(grpc.encode({ revision })).revision).toBe(revision);
  expect(grpc.decode(es.encode(create(RevisionBeatSchema, { revision })))).toEqual({ revision });
});
