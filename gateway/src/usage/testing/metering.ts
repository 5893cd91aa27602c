import { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import {
  LeaseServiceService,
  type ReleaseLeasesRequest,
} from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { AppError } from "@geomesh/runtime/errors";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { grpcEvent } from "@geomesh/runtime/events/event";
import { createEsClient } from "@geomesh/runtime/grpc/client";
import { implement } from "@geomesh/runtime/grpc/server";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { onTestFinished } from "vitest";

const USAGE_RECORDED = grpcEvent("geomesh.metering.v1.UsageRecorded", UsageRecorded);

/** A stand-in for metering that counts usage by watermarks in memory; its stream and socket are real. */
export interface MeteringStandIn {
  readonly client: ReturnType<typeof createEsClient<typeof LeaseService>>;
  /** Numbers of the accounts of all counted records, by epoch, in the order they were counted. */
  readonly counted: ReadonlyMap<bigint, number[]>;
  /** Bytes of every message, by its id; a message that came again with others is a second entry. */
  readonly bytesById: ReadonlyMap<string, ReadonlySet<string>>;
  readonly released: readonly ReleaseLeasesRequest[];
  /** While set, blocks are acknowledged but not counted. */
  isForgetting: boolean;
  /** No watermark beyond this is reported. */
  toldMax: bigint;
  /** Times that watermarks were asked for. */
  told: number;
}

export async function meteringForTest(bus: EventBus): Promise<MeteringStandIn> {
  const watermarks = new Map<bigint, bigint>();
  const counted = new Map<bigint, number[]>();
  const bytesById = new Map<string, Set<string>>();
  const released: ReleaseLeasesRequest[] = [];
  const unused = () =>
    Promise.reject(new AppError("UNIMPLEMENTED", { message: "not used in this test" }));
  const server = await startTestGrpcServer(
    implement(LeaseServiceService, {
      openEpoch: unused,
      acquireLease: unused,
      releaseLeases(request) {
        released.push(request);
        return {};
      },
      listWatermarks() {
        standIn.told += 1;
        const tell = (sequence: bigint) =>
          sequence < standIn.toldMax ? sequence : standIn.toldMax;
        const told = [...watermarks].map(([epoch, each]) => ({ epoch, sequence: tell(each) }));
        return { watermarks: told };
      },
    }),
  );
  const client = createEsClient(LeaseService, { address: server.address, deadlineMs: 1_000 });
  const standIn: MeteringStandIn = {
    ...{ client, counted, bytesById, released },
    ...{ isForgetting: false, toldMax: 1n << 60n, told: 0 },
  };

  await bus.ensureStream({
    ...{ name: "USAGE", events: [USAGE_RECORDED], maxAgeMs: 600_000, maxBytes: 1 << 26 },
  });
  const options = { stream: "USAGE", durable: "metering", event: USAGE_RECORDED };
  const consumer = bus.consume(options, async ({ epoch, firstSequence, records }, { id, raw }) => {
    bytesById.set(id, (bytesById.get(id) ?? new Set()).add(Buffer.from(raw).toString("base64")));
    if (standIn.isForgetting) return "ack";
    const watermark = watermarks.get(epoch) ?? 0n;
    if (firstSequence > watermark + 1n) return { retryAfterMs: 100 };
    const fresh = records.slice(Number(watermark - firstSequence + 1n));
    const numbers = fresh.map(({ accountId }) => Number(accountId.replace("acct_", "")));
    counted.set(epoch, [...(counted.get(epoch) ?? []), ...numbers]);
    watermarks.set(epoch, watermark + BigInt(fresh.length));
    return "ack";
  });
  onTestFinished(async () => {
    await consumer.close();
    client.close();
    await server.close(0);
  });
  return standIn;
}
