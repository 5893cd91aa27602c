import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import type { AppError } from "@geomesh/runtime/errors";
import { createJsonWriter } from "../transcode/json-writer.ts";
import type { FrameAnswers } from "./frame-answers.ts";
import { addressProblem, type EncodedResult, unitsOf } from "./results.ts";

const { location: LOCATION } = LocationResultSchema.field;
if (LOCATION.fieldKind !== "message") throw new Error("a LocationResult has no location");
const WRITE_LOCATION = createJsonWriter(LocationResultSchema, LOCATION);
const WRITE_RESULT = createJsonWriter(LocationResultSchema);

/** Answers that came as whole serialized results. */
export class PlainAnswers implements FrameAnswers {
  readonly frameId: number;
  readonly #results: readonly EncodedResult[];

  constructor(frameId: number, results: readonly EncodedResult[]) {
    this.frameId = frameId;
    this.#results = results;
  }

  get count(): number {
    return this.#results.length;
  }

  unitsOf(index: number): 0 | 1 {
    return unitsOf(this.resultBytesOf(index));
  }

  problemOf(index: number): AppError | undefined {
    return addressProblem(this.resultBytesOf(index));
  }

  locationJsonOf(index: number): string {
    return WRITE_LOCATION(this.resultBytesOf(index));
  }

  resultJsonOf(index: number): string {
    return WRITE_RESULT(this.resultBytesOf(index));
  }

  /** Errors: RangeError beyond the answers. */
  resultBytesOf(index: number): EncodedResult {
    const result = this.#results[index];
    if (result === undefined) throw new RangeError(`there is no answer ${index}`);
    return result;
  }
}
