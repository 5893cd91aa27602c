/** One event, as an EventSource would dispatch it. */
export interface SentEvent {
  readonly type: string;
  readonly data: string;
}

/**
 * Reads a stream of events as https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6, says: by its own
 * words, line by line. `rest` is what a reader at the end of the body throws away.
 */
export function readEvents(body: string): { events: SentEvent[]; rest: string } {
  const events: SentEvent[] = [];
  let type = "";
  let data = "";
  const lines = body.split(/\r\n|\r|\n/);
  const rest = lines.pop() ?? "";
  for (const line of lines) {
    if (line === "") {
      if (data !== "") events.push({ type: type || "message", data: data.replace(/\n$/, "") });
      type = "";
      data = "";
      continue;
    }
    if (line.startsWith(":")) continue;
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") type = value;
    if (field === "data") data += `${value}\n`;
  }
  return { events, rest: rest + type + data };
}
