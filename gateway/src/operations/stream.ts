import type { Message } from "@bufbuild/protobuf";
import type { AppError } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { Admitted } from "./admission.ts";
import type { Call } from "./call.ts";
import type { AnswerHeaders } from "./outcome.ts";

/**
 * One request of a stream: its subject alone, as text; its message; or why there is none, which fails its own answer only. A text
 * spares what a message costs where there are a million.
 */
export type StreamRequest =
  | string
  | { readonly message: Message; readonly problem?: undefined }
  | { readonly problem: AppError };

/** Who asks by a stream, and how it takes the responses. */
export interface StreamAsker {
  readonly call: Call;
  /** Puts the JSON of a response into the form that is sent; undefined for an asker that takes serialized messages. */
  readonly frame: ((json: string) => string) | undefined;
  /** True where nobody waits for answers any more. */
  readonly isGone: boolean;
  /** Aborts when the gateway leaves: what waits then is refused. */
  readonly leaving: AbortSignal;
}

/** What a client asks by a stream. */
export interface StreamQuestion {
  /** A request whose fields but for its subject hold for the whole stream. */
  readonly options: Message;
  /** As they come, some at a time. */
  readonly requests: AsyncIterable<readonly StreamRequest[]>;
}

/** Some responses of a stream, in order: framed JSON in UTF-8, several in one array of bytes, or a serialized message each. */
export interface StreamPiece {
  readonly responses: readonly Uint8Array[];
  /** How many requests it answers. */
  readonly count: number;
  /** Of an answer that begins with this piece. */
  readonly headers: AnswerHeaders;
}

/** What the handler of a stream works with. */
export interface StreamContext extends StreamQuestion {
  readonly principal: Principal;
  readonly asker: StreamAsker;
  /**
   * Admits some of the requests, as a request for so many units is admitted. Where the rate is used up it waits for its turn,
   * for up to a minute. Errors, rejected with: as `Admit`; CANCELLED where the client has gone, UPSTREAM_UNAVAILABLE where the
   * gateway leaves.
   */
  admit(units: number): Promise<Admitted>;
}

/** Answers the requests of a stream, every one and in order. Errors, thrown by the iterable: AppError. */
export type StreamHandler = (context: StreamContext) => AsyncIterable<StreamPiece>;
