import {
  AccountClosedSchema,
  AccountCreatedSchema,
  AccountReactivatedSchema,
  AccountSuspendedSchema,
  ChangeCommittedSchema,
  KeyCreatedSchema,
  KeyDisabledSchema,
  KeyEnabledSchema,
  KeyRevokedSchema,
  KeyRotatedSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import { DatasetChangedSchema } from "@geomesh/proto/es/geomesh/geo/v1/events_pb";
import { UsageRecordedSchema } from "@geomesh/proto/es/geomesh/metering/v1/events_pb";
import { natsInbox, STREAM_NAMES, USAGE_READER_NAME } from "@geomesh/terms/nats";

/** The processes that are users of NATS. */
export const NATS_PROCESSES = ["gateway", "geo", "auth", "metering"] as const;
/** The name of a process that is a user of NATS. */
export type NatsProcess = (typeof NATS_PROCESSES)[number];

/** The subjects that a user may publish to and subscribe to; all others are refused. */
export interface NatsRights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** What a process does with events. */
interface Part {
  readonly publishes: readonly string[];
  readonly hears?: readonly string[];
  /**
   * The streams that it sets up. Whoever may do that can have the server copy any other subject or stream into one of its own,
   * and back: only those whose word on keys and money counts anyway.
   */
  readonly streams?: readonly string[];
  readonly reads?: { readonly stream: string; readonly reader: string; readonly subject: string };
}

const HINT = ChangeCommittedSchema.typeName;
const USAGE = UsageRecordedSchema.typeName;
const FACTS = [
  AccountCreatedSchema,
  AccountSuspendedSchema,
  AccountReactivatedSchema,
  AccountClosedSchema,
  KeyCreatedSchema,
  KeyRevokedSchema,
  KeyDisabledSchema,
  KeyEnabledSchema,
  KeyRotatedSchema,
];

const PARTS: Readonly<Record<NatsProcess, Part>> = {
  gateway: { publishes: [USAGE], hears: [HINT] },
  geo: { publishes: [DatasetChangedSchema.typeName] },
  auth: {
    publishes: [HINT, ...FACTS.map(({ typeName }) => `${typeName}.*`)],
    hears: [HINT],
    streams: [STREAM_NAMES.facts, STREAM_NAMES.datasets],
  },
  metering: {
    publishes: [],
    hears: [HINT],
    streams: [STREAM_NAMES.usage],
    reads: { stream: STREAM_NAMES.usage, reader: USAGE_READER_NAME, subject: USAGE },
  },
};

/** What the user of a process may do: its own part, and nothing else. */
export function natsRights(process: NatsProcess): NatsRights {
  const { publishes, hears = [], streams = [], reads } = PARTS[process];
  return {
    publish: [...publishes, ...streams.flatMap(setUp), ...(reads ? readerOf(reads) : [])],
    subscribe: [...hears, `${natsInbox(process)}.>`],
  };
}

function setUp(stream: string): string[] {
  return ["INFO", "CREATE", "UPDATE"].map((verb) => `$JS.API.STREAM.${verb}.${stream}`);
}

function readerOf({ stream, reader, subject }: NonNullable<Part["reads"]>): string[] {
  const consumer = `${stream}.${reader}`;
  return [
    `$JS.API.CONSUMER.INFO.${consumer}`,
    `$JS.API.CONSUMER.CREATE.${consumer}.${subject}`,
    `$JS.API.CONSUMER.MSG.NEXT.${consumer}`,
    `$JS.ACK.${consumer}.>`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
  ];
}
