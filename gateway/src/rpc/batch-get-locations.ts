import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  BatchGetLocationsResponseSchema,
  type GeoService,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import type { Selection } from "@geomesh/terms/selection";
import type { FrameAnswers } from "../lookups/frame-answers.ts";
import type { LookupResponse } from "../lookups/lookup.ts";
import type { Lookups } from "../lookups/lookups.ts";
import type { AskedForm } from "../operations/asker.ts";
import type { MeteredHandler } from "../operations/handler.ts";
import type { AnswerHeaders, Body } from "../operations/outcome.ts";
import { CsvResults } from "./csv-results.ts";
import { PiecesByPlace } from "./pieces-by-place.ts";
import { type AskedLocations, askedLocations } from "./questions.ts";
import { TextBytes } from "./text-bytes.ts";

const { results: RESULTS } = BatchGetLocationsResponseSchema.field;
const START = Buffer.from(`{"${RESULTS.name}":[`);
const END = Buffer.from("]}\n");
/** One serves all batches: what is written is taken in the same turn. */
const SCRATCH = new TextBytes();

/**
 * Locates many addresses, in order; an invalid one, and for a test key one that is no test address, fails its own entry
 * only. Errors: those of `Lookups.start`.
 */
export function batchGetLocations(
  lookups: Pick<Lookups, "start">,
): MeteredHandler<typeof GeoService.method.batchGetLocations> {
  return (request, admitted, asker) => {
    const { ipAddresses } = request;
    const asked = askedLocations(request, asker.call, admitted.principal.plan);
    const response = responseFor(asker.form, asked, ipAddresses.length);
    lookups.start(admitted, asker, { ...asked, ipAddresses }, response);
  };
}

function responseFor(form: AskedForm, asked: AskedLocations, count: number): LookupResponse {
  if (form === "json") return new JsonResults(asked);
  return form === "csv" ? new CsvResults(asked) : new SerializedResults(asked, count);
}

/**
 * A BatchGetLocationsResponse as JSON. The answers of each frame are written when they come, into bytes: a megabyte of joined
 * strings for each batch under way would keep the garbage collector busy for longer than all lookups.
 */
class JsonResults implements LookupResponse {
  readonly problem = undefined;
  readonly isUnchanged = false;
  readonly headers: AnswerHeaders;
  readonly #selection: Selection;
  readonly #pieces = new PiecesByPlace<Uint8Array>();

  constructor({ headers, selection }: AskedLocations) {
    this.headers = headers;
    this.#selection = selection;
  }

  take(answers: FrameAnswers, at: number, offset: number, count: number): void {
    // What an answer that could not be written left behind is not this batch's.
    SCRATCH.clear();
    for (let i = at; i < at + count; i += 1) {
      if (offset > 0 || i > at) SCRATCH.add(",");
      SCRATCH.add(answers.resultJsonOf(i, this.#selection));
    }
    this.#pieces.add(offset, SCRATCH.take());
  }

  body(): Body {
    return { form: "json", json: Buffer.concat([START, ...this.#pieces.inOrder(), END]) };
  }
}

/** A serialized BatchGetLocationsResponse: a message field of protobuf is its bytes after tag and length. */
class SerializedResults implements LookupResponse {
  readonly problem = undefined;
  readonly isUnchanged = false;
  readonly headers: AnswerHeaders;
  readonly #selection: Selection;
  readonly #results: Uint8Array[];

  constructor({ headers, selection }: AskedLocations, count: number) {
    this.headers = headers;
    this.#selection = selection;
    this.#results = new Array(count);
  }

  take(answers: FrameAnswers, at: number, offset: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#results[offset + i] = answers.resultBytesOf(at + i, this.#selection);
    }
  }

  body(): Body {
    const writer = new BinaryWriter();
    for (const result of this.#results) {
      writer.tag(RESULTS.number, WireType.LengthDelimited).bytes(result);
    }
    return { form: "message", bytes: writer.finish() };
  }
}
