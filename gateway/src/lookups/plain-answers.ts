import type { AppError } from "@geomesh/runtime/errors";
import type { FrameAnswers } from "./frame-answers.ts";
import {
  addressProblem,
  type EncodedResult,
  LOCATION_JSON,
  RESULT_JSON,
  unitsOf,
} from "./results.ts";

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
    return LOCATION_JSON(this.resultBytesOf(index));
  }

  resultJsonOf(index: number): string {
    return RESULT_JSON(this.resultBytesOf(index));
  }

  /** Errors: RangeError beyond the answers. */
  resultBytesOf(index: number): EncodedResult {
    const result = this.#results[index];
    if (result === undefined) throw new RangeError(`there is no answer ${index}`);
    return result;
  }
}
