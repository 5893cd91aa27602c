import {
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { Plan } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import {
  AuthService,
  ListAllAuditEventsResponseSchema,
  ListAuditEventsResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import {
  BatchGetLocationsRequestSchema,
  GeoService,
  GetLocationFieldRequestSchema,
  GetLocationRequestSchema,
  StreamLocationsRequestSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import type { FieldProblem } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { KeyTable } from "../keys/key-table.ts";
import type { Lookups } from "../lookups/lookups.ts";
import type {
  CsvWriter,
  FreeHandler,
  FreeHandlers,
  HandlerTable,
  MeteredHandler,
  MeteredHandlers,
} from "../operations/handler.ts";
import { isMetered, type Operation } from "../operations/operation.ts";
import type { MoreMistakes } from "../operations/validate.ts";
import { batchGetLocations } from "./batch-get-locations.ts";
import { changeKeys } from "./change-keys.ts";
import { createKey } from "./create-key.ts";
import { auditEventsCsv } from "./csv-audit-events.ts";
import { forward } from "./forward.ts";
import { addressMistakes, getLocation } from "./get-location.ts";
import { fieldMistakes, getLocationField } from "./get-location-field.ts";
import { requireAllowedKeys, requireAllowedValue, selectionMistakes } from "./questions.ts";
import { streamLocations } from "./stream-locations.ts";

/** What the handlers work with. */
export interface Upstreams {
  readonly lookups: Pick<Lookups, "start">;
  readonly geo: EsClient<typeof GeoService>;
  readonly auth: EsClient<typeof AuthService>;
  readonly metering: EsClient<typeof MeteringService>;
  /** What this process knows of keys. */
  readonly keys: Pick<KeyTable, "find">;
}

/** How the responses of operations that cost nothing are written as CSV, by what they answer. */
const CSV_WRITERS: ReadonlyMap<DescMessage, CsvWriter> = new Map(
  [ListAuditEventsResponseSchema, ListAllAuditEventsResponseSchema].map((desc) => [
    desc,
    (response) => auditEventsCsv(fromBinary<typeof desc>(desc, response)),
  ]),
);

/**
 * Binds a handler to every operation: the gateway's own, or one that forwards the request to the service that owns it. What
 * is metered has a handler of its own. Errors: Error for an operation without a handler or a client.
 */
export function operationHandlers(
  operations: readonly Operation[],
  { lookups, geo, auth, metering, keys }: Upstreams,
): HandlerTable {
  const located: MeteredHandlers<typeof GeoService> = {
    getLocation: getLocation(lookups),
    getLocationField: getLocationField(lookups),
    batchGetLocations: batchGetLocations(lookups),
  };
  const ofAuth: FreeHandlers<typeof AuthService> = {
    createKey: createKey({ auth, keys }),
    ...changeKeys({ auth, keys }),
  };
  const ownMetered = byMethod<MeteredHandler>(GeoService, located);
  const ownFree = byMethod<FreeHandler>(AuthService, ofAuth);
  const clients = new Map<DescService, unknown>([
    [GeoService, geo],
    [AuthService, auth],
    [MeteringService, metering],
  ]);
  const free = new Map<DescMethodUnary, FreeHandler>();
  const csv = new Map<DescMethodUnary, CsvWriter>();
  const metered = new Map<DescMethodUnary, MeteredHandler>();
  for (const operation of operations) {
    const { method } = operation;
    if (!isMetered(operation)) {
      free.set(method, ownFree.get(method) ?? forward(clients.get(method.parent), method));
      if (operation.access.hasCsv) csv.set(method, csvWriterOf(operation));
      continue;
    }
    const handler = ownMetered.get(method);
    if (handler === undefined) throw new Error(`${operation.name} is metered and has no handler`);
    metered.set(method, handler);
  }
  const streams = new Map([[GeoService.method.streamLocations, streamLocations(lookups)]]);
  return { free, csv, metered, streams };
}

function csvWriterOf({ name, method }: Operation): CsvWriter {
  const writer = CSV_WRITERS.get(method.output);
  if (writer === undefined) throw new Error(`${name} is answered by CSV, which nothing writes`);
  return writer;
}

/** Of every request that says which keys of locations it wants. */
const KEYS = { always: selectionMistakes, ofPlan: requireAllowedKeys };

/** Mistakes of requests that their handlers find beside the rules of the contract. */
export const HANDLERS_MISTAKES: ReadonlyMap<DescMessage, MoreMistakes> = new Map([
  ofRequest(GetLocationRequestSchema, { ...KEYS, besideOthers: addressMistakes }),
  ofRequest(GetLocationFieldRequestSchema, {
    always: fieldMistakes,
    besideOthers: addressMistakes,
    ofPlan: requireAllowedValue,
  }),
  ofRequest(BatchGetLocationsRequestSchema, KEYS),
  ofRequest(StreamLocationsRequestSchema, KEYS),
]);

/** Mistakes of one type of request, which is the type of the message that they are asked for. */
function ofRequest<D extends DescMessage>(
  desc: D,
  mistakes: {
    readonly [K in keyof MoreMistakes]: (
      request: MessageShape<D>,
      ...rest: K extends "ofPlan" ? [plan: Plan] : []
    ) => K extends "ofPlan" ? void : readonly FieldProblem[];
  },
): [DescMessage, MoreMistakes] {
  return [desc, mistakes as MoreMistakes];
}

function byMethod<H>(
  service: DescService,
  handlers: Readonly<Record<string, unknown>>,
): Map<DescMethodUnary, H> {
  return new Map(
    Object.entries(handlers).map(([name, handler]) => [
      service.method[name] as DescMethodUnary,
      handler as H,
    ]),
  );
}
