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
  /** By the place of the first address that it has. */
  readonly #pieces = new Map<number, string>();
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  take(answers: FrameAnswers, at: number, offset: number, count: number): void {
    let piece = "";
    for (let i = at; i < at + count; i += 1) piece += `,${answers.resultJsonOf(i)}`;
    this.#pieces.set(offset, piece);
  }

  body(): Body {
    const pieces = [...this.#pieces].toSorted(([a], [b]) => a - b).map(([, piece]) => piece);
    const results = this.#count === 0 ? "" : pieces.join("").slice(1);
    return { form: "json", text: `{"${RESULTS.name}":[${results}]}` };
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
