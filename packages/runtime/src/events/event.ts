import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";

/** Encodes and decodes messages. */
export interface Codec<T> {
  encode(message: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** An event: a protobuf message that is published on the subject of its own name. */
export interface EventType<T> extends Codec<T> {
  /** The full message name, such as `geomesh.auth.v1.ChangeCommitted`; also its subject and its `ce-type`. */
  readonly typeName: string;
}

/** Makes an event of a full message name and a codec. */
export function defineEvent<T>(typeName: string, codec: Codec<T>): EventType<T> {
  return { typeName, encode: codec.encode, decode: codec.decode };
}

/** Makes an event with ts-proto messages. */
export function grpcEvent<T>(
  typeName: string,
  message: { encode(message: T): { finish(): Uint8Array }; decode(bytes: Uint8Array): T },
): EventType<T> {
  return defineEvent(typeName, {
    encode: (value) => message.encode(value).finish(),
    decode: (bytes) => message.decode(bytes),
  });
}

/** Makes an event with protobuf-es messages. */
export function esEvent<D extends DescMessage>(desc: D): EventType<MessageShape<D>> {
  return defineEvent(desc.typeName, {
    encode: (value) => toBinary(desc, value),
    decode: (bytes) => fromBinary(desc, bytes),
  });
}
