import { headers, type MsgHdrs } from "nats";
import type { EventAbout } from "./event.ts";

/** What distinguishes an event from others of its type. */
export interface EventMark {
  /** Unique for the event; a stream drops another message with the same id. */
  readonly id: string;
  readonly time: Date;
}

/** What the headers of an event say. */
export interface EventAttributes extends EventMark {
  readonly typeName: string;
  readonly source: string;
  /** Undefined for an event that is about no resource of an account. */
  readonly about: EventAbout | undefined;
}

/**
 * CloudEvents 1.0 attributes as headers in binary mode, each under its name with `ce-` before it. There is no
 * `content-type`: the NATS binding keeps that header for structured mode.
 */
export function cloudEventHeaders(attributes: EventAttributes): MsgHdrs {
  const { typeName, source, about, id, time } = attributes;
  const result = headers();
  result.set("ce-specversion", "1.0");
  result.set("ce-id", id);
  result.set("ce-source", source);
  result.set("ce-type", typeName);
  result.set("ce-time", time.toISOString());
  result.set("ce-datacontenttype", "application/protobuf");
  if (about !== undefined) {
    result.set("ce-subject", about.subject);
    result.set("ce-partitionkey", about.partitionKey);
  }
  return result;
}

/** The mark of a message. Without headers its id is empty and its time invalid. */
export function readMark({ headers }: { readonly headers?: MsgHdrs | undefined }): EventMark {
  const time = new Date(headers?.get("ce-time") ?? Number.NaN);
  return { id: headers?.get("ce-id") ?? "", time };
}
