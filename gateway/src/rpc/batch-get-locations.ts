import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  BatchGetLocationsResponseSchema,
  type GeoService,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { FrameAnswers } from "../lookups/frame-answers.ts";
import type { LookupResponse } from "../lookups/lookup.ts";
import type { Lookups } from "../lookups/lookups.ts";
import type { MeteredHandler } from "../operations/handler.ts";
import type { Body } from "../operations/outcome.ts";

const { results: RESULTS } = BatchGetLocationsResponseSchema.field;

/**
 * Locates many addresses, in order; an invalid one, and for a test key one that is no test address, fails its own entry
 * only. Errors: those of `Lookups.start`.
 */
export function batchGetLocations(
  lookups: Pick<Lookups, "start">,
): MeteredHandler<typeof GeoService.method.batchGetLocations> {
  return ({ ipAddresses, language }, admission, asker) => {
    const { length } = ipAddresses;
    const response =
      asker.form === "json" ? new JsonResults(length) : new SerializedResults(length);
    lookups.start(admission, asker, { ipAddresses, language }, response);
  };
}

/** A BatchGetLocationsResponse as JSON, of which each frame's answers are written when they come. */
class JsonResults implements LookupResponse {
  readonly problem = undefined;
  /** What each frame brought, at the place of its first address. */
  readonly #pieces: string[];

  constructor(count: number) {
    this.#pieces = new Array<string>(count).fill("");
  }

  take(answers: FrameAnswers, at: number, offset: number, count: number): void {
    let piece = offset === 0 ? "" : ",";
    for (let i = at; i < at + count; i += 1) {
      piece += i === at ? answers.resultJsonOf(i) : `,${answers.resultJsonOf(i)}`;
    }
    this.#pieces[offset] = piece;
  }

  body(): Body {
    // Concatenation copies nothing; the one write of the answer does.
    let text = `{"${RESULTS.name}":[`;
    for (const piece of this.#pieces) text += piece;
    return { form: "json", text: `${text}]}` };
  }
}

/** A serialized BatchGetLocationsResponse: a message field of protobuf is its bytes after tag and length. */
class SerializedResults implements LookupResponse {
  readonly problem = undefined;
  readonly #results: Uint8Array[];

  constructor(count: number) {
    this.#results = new Array(count);
  }

  take(answers: FrameAnswers, at: number, offset: number, count: number): void {
    for (let i = 0; i < count; i += 1) this.#results[offset + i] = answers.resultBytesOf(at + i);
  }

  body(): Body {
    const writer = new BinaryWriter();
    for (const result of this.#results) {
      writer.tag(RESULTS.number, WireType.LengthDelimited).bytes(result);
    }
    return { form: "message", bytes: writer.finish() };
  }
}
