import { headers, type JsMsg, type MsgHdrs } from "nats";

/** Where an event comes from and when it happened. */
export interface EventMark {
  /** Unique for the event; the stream drops another message with the same one. */
  readonly id: string;
  readonly time: Date;
}

/** CloudEvents 1.0 attributes in the headers of NATS's binary mode. */
export function cloudEventHeaders(
  typeName: string,
  source: string,
  { id, time }: EventMark,
): MsgHdrs {
  const marks = headers();
  marks.set("ce-specversion", "1.0");
  marks.set("ce-id", id);
  marks.set("ce-source", source);
  marks.set("ce-type", typeName);
  marks.set("ce-time", time.toISOString());
  marks.set("content-type", "application/protobuf");
  return marks;
}

export function readMark(message: Pick<JsMsg, "headers">): EventMark {
  const time = new Date(message.headers?.get("ce-time") ?? Number.NaN);
  return { id: message.headers?.get("ce-id") ?? "", time };
}
