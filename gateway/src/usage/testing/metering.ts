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
  /** Numbers of the accounts of all counted records in the order they were counted, 0 for lost ones; by `epochKey`. */
  readonly countedOf: ReadonlyMap<string, number[]>;
  /** The same by epoch, where one gateway publishes. */
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
  /** Forgets what was counted after a sequence of each epoch, as a database does that is restored. */
  restore(sequence: bigint): void;
}

interface Place {
  readonly gatewayId: string;
  readonly epoch: bigint;
}

export const epochKey = ({ gatewayId, epoch }: Place) => `${gatewayId}.${epoch}`;

export async function meteringForTest(bus: EventBus): Promise<MeteringStandIn> {
  const watermarks = new Map<string, Place & { sequence: bigint }>();
  const countedOf = new Map<string, number[]>();
  const counted = new Map<bigint, number[]>();
  const bytesById = new Map<string, Set<string>>();
  const released: ReleaseLeasesRequest[] = [];
  const unused = () =>
    Promise.reject(new AppError("UNIMPLEMENTED", { message: "not used in this test" }));
  const server = await startTestGrpcServer(
    implement(LeaseServiceService, {
      openEpoch: unused,
      acquireLease: unused,
      listEpochs: unused,
      forgetEpoch: unused,
      releaseLeases(request) {
        released.push(request);
        return {};
      },
      listWatermarks({ gatewayId }) {
        standIn.told += 1;
        const tell = (sequence: bigint) =>
          sequence < standIn.toldMax ? sequence : standIn.toldMax;
        const told = [...watermarks.values()]
          .filter((each) => each.gatewayId === gatewayId)
          .map(({ epoch, sequence }) => ({ epoch, sequence: tell(sequence) }));
        return { watermarks: told };
      },
    }),
  );
  const client = createEsClient(LeaseService, { address: server.address, deadlineMs: 1_000 });
  const standIn: MeteringStandIn = {
    ...{ client, countedOf, counted, bytesById, released },
    ...{ isForgetting: false, toldMax: 1n << 60n, told: 0 },
    restore(sequence) {
      for (const [key, place] of watermarks) {
        if (place.sequence <= sequence) continue;
        const kept = countedOf.get(key)?.slice(0, Number(sequence)) ?? [];
        watermarks.set(key, { ...place, sequence });
        countedOf.set(key, kept);
        counted.set(place.epoch, kept);
      }
    },
  };

  await bus.ensureStream({
    ...{ name: "USAGE", events: [USAGE_RECORDED], maxAgeMs: 600_000, maxBytes: 1 << 26 },
  });
  const options = { stream: "USAGE", durable: "metering", event: USAGE_RECORDED };
  const consumer = bus.consume(options, async (block, { id, raw }) => {
    bytesById.set(id, (bytesById.get(id) ?? new Set()).add(Buffer.from(raw).toString("base64")));
    if (standIn.isForgetting) return "ack";
    const { gatewayId, epoch, firstSequence, kinds, kindIndexes } = block;
    const key = epochKey(block);
    const watermark = watermarks.get(key)?.sequence ?? 0n;
    if (firstSequence > watermark + 1n) return { retryAfterMs: 100 };
    const fresh = kindIndexes.slice(Number(watermark - firstSequence + 1n));
    const numbers = fresh.map((index) =>
      Number(kinds[index]?.isLost ? 0 : kinds[index]?.accountId.replace("acct_", "")),
    );
    const all = [...(countedOf.get(key) ?? []), ...numbers];
    countedOf.set(key, all);
    counted.set(epoch, all);
    watermarks.set(key, { gatewayId, epoch, sequence: watermark + BigInt(fresh.length) });
    return "ack";
  });
  onTestFinished(async () => {
    await consumer.close();
    client.close();
    await server.close(0);
  });
  return standIn;
}
