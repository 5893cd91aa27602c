import { headers, type MsgHdrs } from "nats";

/** What distinguishes an event from others of its type. */
export interface EventMark {
  /** Unique for the event; a stream drops another message with the same id. */
  readonly id: string;
  readonly time: Date;
}

/** CloudEvents 1.0 attributes as headers, in the binary mode of its NATS binding. */
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

/** The mark of a message. Without headers its id is empty and its time invalid. */
export function readMark({ headers }: { readonly headers?: MsgHdrs | undefined }): EventMark {
  const time = new Date(headers?.get("ce-time") ?? Number.NaN);
  return { id: headers?.get("ce-id") ?? "", time };
}
