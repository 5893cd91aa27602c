import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";

/** Encodes and decodes messages. */
export interface Codec<T> {
  encode(message: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** What one event is about. */
export interface EventAbout {
  /** The id of the resource: its CloudEvents `subject`. */
  readonly subject: string;
  /** The id of the account: its CloudEvents `partitionkey`, and the last token of its NATS subject. */
  readonly partitionKey: string;
}

/** An event: a protobuf message that is published on the NATS subject of its own name, or on one below it for each account. */
export interface EventType<T> extends Codec<T> {
  /** The full message name, such as `geomesh.auth.v1.KeyRevoked`; also its `ce-type`. */
  readonly typeName: string;
  /** The NATS subject of every event of the type: `<name>`, or `<name>.*` for an event that is about something. */
  readonly filter: string;
  /** What a message is about; undefined for an event that is about no resource of an account. */
  readonly aboutOf: ((message: T) => EventAbout) | undefined;
}

// NATS splits subjects at dots and matches `*` and `>`; a header cannot hold a line break.
const TOKEN_PATTERN = /^[A-Za-z0-9_-]+$/;

/** Makes an event type. With `aboutOf` its events are published on `<name>.<account id>`. */
export function defineEvent<T>(
  typeName: string,
  codec: Codec<T>,
  aboutOf?: (message: T) => EventAbout,
): EventType<T> {
  const filter = aboutOf === undefined ? typeName : `${typeName}.*`;
  return { typeName, filter, aboutOf, encode: codec.encode, decode: codec.decode };
}

/** Makes an event with ts-proto messages. */
export function grpcEvent<T>(
  typeName: string,
  message: { encode(message: T): { finish(): Uint8Array }; decode(bytes: Uint8Array): T },
  aboutOf?: (message: T) => EventAbout,
): EventType<T> {
  const codec: Codec<T> = {
    encode: (value) => message.encode(value).finish(),
    decode: (bytes) => message.decode(bytes),
  };
  return defineEvent(typeName, codec, aboutOf);
}

/** Makes an event with protobuf-es messages. */
export function esEvent<D extends DescMessage>(
  desc: D,
  aboutOf?: (message: MessageShape<D>) => EventAbout,
): EventType<MessageShape<D>> {
  const codec: Codec<MessageShape<D>> = {
    encode: (value) => toBinary(desc, value),
    decode: (bytes) => fromBinary(desc, bytes),
  };
  return defineEvent(desc.typeName, codec, aboutOf);
}

/** The NATS subject of one event. Errors: a TypeError for an account id that is not one token of a subject. */
export function natsSubject({ typeName }: { typeName: string }, about?: EventAbout): string {
  if (about === undefined) return typeName;
  if (TOKEN_PATTERN.test(about.partitionKey)) return `${typeName}.${about.partitionKey}`;
  throw new TypeError(`${JSON.stringify(about.partitionKey)} is not one token of a NATS subject`);
}
