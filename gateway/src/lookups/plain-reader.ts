import { LookupFramesResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/lookup_service_pb";
import { readVarint32, WireFields } from "../transcode/wire-fields.ts";
import type { AnswerReader } from "./frame-stream.ts";
import { PlainAnswers } from "./plain-answers.ts";
import type { EncodedResult } from "./results.ts";

const { frameId: FRAME_ID, results: RESULTS } = LookupFramesResponseSchema.field;

/** Creates a reader of answers that come as whole results. */
export function createPlainReader(): AnswerReader {
  return {
    partsMax: 0,
    read(bytes) {
      const fields = new WireFields().open(bytes, 0, bytes.length);
      const results: EncodedResult[] = [];
      let frameId = 0;
      while (fields.next()) {
        if (fields.number === RESULTS.number) {
          results.push(bytes.subarray(fields.start, fields.end));
        } else if (fields.number === FRAME_ID.number) frameId = readVarint32(bytes, fields.start);
      }
      return new PlainAnswers(frameId, results);
    },
  };
}
