import { headers, type MsgHdrs } from "nats";

/** What tells an event from others of its type. */
export interface EventMark {
  /** Unique for the event; the stream drops another message with the same one. */
  readonly id: string;
  readonly time: Date;
}

/** CloudEvents 1.0 attributes as headers, as its NATS binding has them in binary mode. */
export function cloudEventHeaders(typeName: string, source: string, mark: EventMark): MsgHdrs {
  const attributes = headers();
  attributes.set("ce-specversion", "1.0");
  attributes.set("ce-id", mark.id);
  attributes.set("ce-source", source);
  attributes.set("ce-type", typeName);
  attributes.set("ce-time", mark.time.toISOString());
  attributes.set("content-type", "application/protobuf");
  return attributes;
}

/** The mark of a message. One that came without has an empty id and an invalid time. */
export function readMark({ headers }: { readonly headers?: MsgHdrs | undefined }): EventMark {
  const time = new Date(headers?.get("ce-time") ?? Number.NaN);
  return { id: headers?.get("ce-id") ?? "", time };
}
