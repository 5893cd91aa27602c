import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  type StreamLocationsRequest,
  StreamLocationsRequestSchema,
  StreamLocationsResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { toPublicError } from "@geomesh/runtime/errors";
import type { FrameAnswers } from "../lookups/frame-answers.ts";
import { askRest, errorResult } from "../lookups/known-results.ts";
import type { LookupResponse } from "../lookups/lookup.ts";
import type { Lookups } from "../lookups/lookups.ts";
import type { EncodedResult } from "../lookups/results.ts";
import type { Asker } from "../operations/asker.ts";
import type { AnswerHeaders, Body } from "../operations/outcome.ts";
import type {
  StreamAsker,
  StreamContext,
  StreamHandler,
  StreamPiece,
  StreamRequest,
} from "../operations/stream.ts";
import { orderedWindow } from "./ordered-window.ts";
import { PiecesByPlace } from "./pieces-by-place.ts";
import { type AskedLocations, askedLocations } from "./questions.ts";
import { TextBytes } from "./text-bytes.ts";

/** Most addresses that travel together; the plan may allow fewer. As of a batch. */
const PART_ADDRESSES_MAX = 1_000;
/** Parts that are under way at a time: geo works on one while another is written. */
const PARTS_UNDER_WAY_MAX = 3;
/** As the contract says. */
const ADDRESS_CHARS_MAX = 64;
const RESULT_TAG = StreamLocationsResponseSchema.field.result.number;
/** One serves all streams: what is written is taken in the same turn. */
const SCRATCH = new TextBytes();
const NO_BODY: Body = { form: "message", bytes: new Uint8Array(0) };

/**
 * Locates the addresses of a stream, in order. Those that have come travel together, as a batch that counts as one request
 * of the rate, so that a stream is as fast as batches are. A request without a usable address fails its own answer only.
 * Errors: those of `StreamContext.admit` and `Lookups.start`.
 */
export function streamLocations(lookups: Pick<Lookups, "start">): StreamHandler {
  return (context) => {
    const { requests, principal, options } = context;
    const { plan } = principal;
    const asked = askedLocations(options as StreamLocationsRequest, context.asker.call, plan);
    const partMax = Math.max(1, Math.min(PART_ADDRESSES_MAX, plan.batchSizeMax));
    const stream = { isOver: false };
    let admitted: Promise<unknown> = Promise.resolve();

    /** Parts are admitted one after another, so that none overtakes another that waits. */
    function locate(part: readonly StreamRequest[]): Promise<StreamPiece> {
      const admission = admitted.then(() => context.admit(part.length));
      admitted = admission;
      return admission.then((own) => {
        const { promise, resolve, reject } = Promise.withResolvers<StreamPiece>();
        const response = new PartResponse(asked, context.asker.frame, part.length);
        const asker = new PartAsker(context, stream, (headers) =>
          resolve({ responses: response.responses, count: part.length, headers }),
        );
        asker.onFail = reject;
        const { ipAddresses, known } = addressesOf(part);
        const whole = { question: { ...asked, ipAddresses }, response };
        const rest = known === undefined ? whole : askRest(whole, known);
        lookups.start(own, asker, rest.question, rest.response);
        return promise;
      });
    }

    return orderedWindow(requests, locate, {
      itemsMax: partMax,
      underWayMax: PARTS_UNDER_WAY_MAX,
      onOver: () => {
        stream.isOver = true;
      },
    });
  };
}

interface Addresses {
  readonly ipAddresses: readonly string[];
  /** Results that are known without geo, by place; undefined where none is. */
  readonly known: readonly (EncodedResult | undefined)[] | undefined;
}

function addressesOf(part: readonly StreamRequest[]): Addresses {
  let isPartlyKnown = false;
  const known: (EncodedResult | undefined)[] = [];
  const ipAddresses = part.map((request) => {
    const text = subjectOf(request);
    const result = mistakeOf(request, text);
    isPartlyKnown ||= result !== undefined;
    known.push(result);
    return text;
  });
  return { ipAddresses, known: isPartlyKnown ? known : undefined };
}

/** The address that is asked for; empty where the request is none. */
function subjectOf(request: StreamRequest): string {
  if (typeof request === "string") return request;
  return request.problem === undefined ? (request.message as StreamLocationsRequest).ipAddress : "";
}

function mistakeOf(request: StreamRequest, text: string): EncodedResult | undefined {
  if (typeof request !== "string" && request.problem !== undefined) {
    const { reason, publicMessage } = toPublicError(request.problem);
    return errorResult("", reason.toLowerCase(), publicMessage);
  }
  if (text.length <= ADDRESS_CHARS_MAX) return undefined;
  const { name } = StreamLocationsRequestSchema.field.ipAddress;
  const message = `${name} must have at most ${ADDRESS_CHARS_MAX} characters`;
  return errorResult(text.slice(0, ADDRESS_CHARS_MAX), "invalid_argument", message);
}

/** Who waits for a part of a stream. */
class PartAsker implements Asker {
  readonly form = "message";
  readonly #stream: { readonly isOver: boolean };
  readonly #asker: StreamAsker;
  readonly #onAnswer: (headers: AnswerHeaders) => void;
  onFail: (error: unknown) => void = () => undefined;

  constructor(
    { asker }: StreamContext,
    stream: { readonly isOver: boolean },
    onAnswer: (headers: AnswerHeaders) => void,
  ) {
    this.#asker = asker;
    this.#stream = stream;
    this.#onAnswer = onAnswer;
  }

  get call() {
    return this.#asker.call;
  }

  get isGone(): boolean {
    return this.#stream.isOver || this.#asker.isGone;
  }

  has(): boolean {
    return false;
  }

  answer({ headers }: { readonly headers: AnswerHeaders }): void {
    this.#onAnswer(headers);
  }

  fail(error: unknown): void {
    this.onFail(error);
  }
}

/** The responses of a part, each result in a StreamLocationsResponse. Its JSON is the result: the contract's `response_body`. */
class PartResponse implements LookupResponse {
  readonly problem = undefined;
  readonly isUnchanged = false;
  readonly headers: AnswerHeaders;
  readonly #asked: AskedLocations;
  readonly #frame: StreamAsker["frame"];
  readonly #messages: Uint8Array[];
  /** What each frame brought as JSON. */
  readonly #pieces = new PiecesByPlace<Uint8Array>();

  constructor(asked: AskedLocations, frame: StreamAsker["frame"], count: number) {
    this.#asked = asked;
    this.#frame = frame;
    this.headers = asked.headers;
    this.#messages = new Array(frame === undefined ? count : 0);
  }

  get responses(): readonly Uint8Array[] {
    if (this.#frame === undefined) return this.#messages;
    return this.#pieces.inOrder();
  }

  take(answers: FrameAnswers, at: number, offset: number, count: number): void {
    const { selection } = this.#asked;
    const frame = this.#frame;
    if (frame === undefined) {
      for (let i = 0; i < count; i += 1) {
        this.#messages[offset + i] = responseOf(answers.resultBytesOf(at + i, selection));
      }
      return;
    }
    SCRATCH.clear();
    for (let i = at; i < at + count; i += 1) SCRATCH.add(frame(answers.resultJsonOf(i, selection)));
    this.#pieces.add(offset, SCRATCH.take());
  }

  /** Is taken from `responses`. */
  body(): Body {
    return NO_BODY;
  }
}

function responseOf(result: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(RESULT_TAG, WireType.LengthDelimited).bytes(result).finish();
}
