import { expect, test } from "vitest";
import { type StreamFormat, streamFormat } from "./stream-format.ts";

test.each<[why: string, accept: string | undefined, format: StreamFormat]>([
  ["nothing is said", undefined, "ndjson"],
  ["an empty header says nothing", "", "ndjson"],
  ["anything is welcome", "*/*", "ndjson"],
  ["NDJSON by its name", "application/x-ndjson", "ndjson"],
  ["by its other names", "application/jsonl, application/ndjson", "ndjson"],
  ["what an EventSource sends", "text/event-stream", "sse"],
  ["names have no case", "Text/Event-Stream", "sse"],
  ["parameters do not matter", "text/event-stream; charset=utf-8", "sse"],
  ["neither: the default, not 406", "application/json", "ndjson"],
  ["JSON in one piece is no stream, events are", "application/json, text/event-stream", "sse"],
  ["both, the same: the default", "text/event-stream, application/jsonl", "ndjson"],
  ["events are named, lines only by a wildcard", "text/event-stream, */*", "sse"],
  ["lines are named, events only by a wildcard", "application/x-ndjson, */*", "ndjson"],
  ["more weight for lines", "text/event-stream;q=0.5, application/x-ndjson;q=0.6", "ndjson"],
  ["more weight for events", "text/event-stream;q=0.6, application/x-ndjson;q=0.501", "sse"],
  ["more weight for a wildcard", "text/event-stream;q=0.5, */*;q=0.6", "ndjson"],
  ["less weight for a wildcard", "*/*;q=0.1, text/event-stream;q=0.5", "sse"],
  ["half a wildcard counts", "text/*, application/*;q=0.5", "sse"],
  ["the name says more than a wildcard", "text/*, text/event-stream;q=0.1, */*;q=0.5", "ndjson"],
  ["one of several names is enough", "application/jsonl, text/event-stream;q=0.9", "ndjson"],
  ["events are refused", "text/event-stream;q=0, */*;q=0", "ndjson"],
  ["lines are refused", "application/x-ndjson;q=0, application/jsonl;q=0, */*;q=0.1", "ndjson"],
  ["all lines are refused", "application/*;q=0, */*;q=0.1", "sse"],
  ["white space is none of it", "  text/event-stream ;  q=1.000 ", "sse"],
  ["a malformed weight counts for nothing", "text/event-stream;q=high, */*;q=0.1", "ndjson"],
  ["so does one above 1", "text/event-stream;q=1.5", "ndjson"],
  ["and a malformed range", "text event-stream, text/event-stream/x, /", "ndjson"],
  ["of a range given twice the larger counts", "text/event-stream;q=0.2, text/event-stream", "sse"],
  ["the names of prototypes are no ranges", "__proto__/x, constructor", "ndjson"],
])("%s", (_why, accept, format) => {
  expect(streamFormat(accept)).toBe(format);
});

test("a long header is read in linear time", () => {
  for (const part of ['"', ";", ",", "/", " ", "a/b;"]) streamFormat(part.repeat(50_000));
});
