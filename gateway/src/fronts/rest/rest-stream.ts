import type { Writable } from "node:stream";
import { AppError, toAppError } from "@geomesh/runtime/errors";
import { type Exchange, isGone, type Request, writeHead } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import { fromTranscodeError } from "../../http/from-transcode-error.ts";
import { headerLines } from "../../http/header-lines.ts";
import { toProblem } from "../../http/problem.ts";
import { isEncoded } from "../../http/read-body.ts";
import { noteStreamed } from "../../http/streamed-bodies.ts";
import type { AnswerHeaders } from "../../operations/outcome.ts";
import type { Policy } from "../../operations/policy.ts";
import type { StreamPiece } from "../../operations/stream.ts";
import type { Failures } from "../../telemetry/failures.ts";
import { pump } from "../../transcode/pump.ts";
import type { Found } from "../../transcode/router.ts";
import { streamFormat } from "../../transcode/stream-format.ts";
import { STREAM_FRAMES, type StreamFrames } from "../../transcode/stream-frames.ts";
import type { AuthenticateExchange } from "../authentication.ts";
import { HttpCall } from "../http-call.ts";
import { Owed } from "../owed.ts";
import type { StreamTarget } from "./routes.ts";
import { requestsIn } from "./stream-lines.ts";

/** What a body of lines may be called: lines of JSON, or of text. */
const LINE_TYPES = [
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "text/plain",
];
const LINE_TYPE = /^([\w!#$%&'*+.^`|~/-]+)\s*(?:;|$)/;
const CLIENT_GONE = 499;

/** What streams are answered with. */
export interface StreamAnswersDeps {
  readonly authenticate: AuthenticateExchange;
  readonly policy: Policy;
  readonly fail: Fail;
  readonly failures: Failures;
  /** Ends all streams when it aborts. */
  readonly leaving: AbortSignal;
  /** Longest pause between two lines while nothing is owed to their client, in milliseconds. */
  readonly pauseMsMax: number;
}

/** Answers a request whose body is a stream of lines, by a line or an event for each. It never throws. */
export type AnswerStream = (
  exchange: Exchange,
  target: StreamTarget,
  variables: Found<StreamTarget>["variables"],
) => void;

/**
 * Creates the answers to streams. Lines are read as answers are taken: a client that does not read is not read from. The status is
 * that of the first answers; what fails after them is a last frame with the problem.
 */
export function createStreamAnswers(deps: StreamAnswersDeps): AnswerStream {
  const { authenticate, policy, fail, failures, leaving, pauseMsMax } = deps;

  function begin(
    exchange: Exchange,
    { operation, bind, readLine }: StreamTarget,
    variables: Found<StreamTarget>["variables"],
  ): Begun {
    const principal = authenticate(exchange, operation);
    policy.refuseEarly(operation, principal);
    checkBody(exchange);
    const { request } = exchange;
    const options = bind({ variables, query: exchange.query, body: undefined });
    const frames = STREAM_FRAMES[streamFormat(acceptOf(request))];
    const asker = {
      call: new HttpCall(exchange),
      frame: frames.message,
      leaving,
      get isGone() {
        return isGone(exchange);
      },
    };
    // The answer shares the connection, so that the end of the stream must not destroy it.
    const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    const owed = new Owed({ pauseMsMax, leaving });
    const requests = owed.requests(requestsIn(chunks, readLine));
    const pieces = policy.stream(operation, principal, asker, { options, requests });
    noteStreamed(request);
    return { frames, pieces: owed.answers(pieces) };
  }

  async function answer(exchange: Exchange, { frames, pieces }: Begun): Promise<void> {
    const iterator = pieces[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (isGone(exchange)) {
      exchange.answered(CLIENT_GONE, 0);
      await iterator.return?.();
      return;
    }
    const sink = beginAnswer(exchange, {
      "content-type": frames.contentType,
      "cache-control": "private",
      ...(first.done !== true && first.value.headers),
    });
    let bytes = 0;
    sink.once("close", () => exchange.answered(sink.writableFinished ? 200 : CLIENT_GONE, bytes));

    async function* texts(): AsyncGenerator<string | Uint8Array, void, undefined> {
      const problemOf = (error: unknown) => problem(exchange, error, frames);
      for await (const text of withLastFrame(responsesOf(first, iterator), frames, problemOf)) {
        bytes += text.length;
        yield text;
      }
    }
    if (await pump(texts(), sink)) sink.end();
  }

  /** The last frame of a stream that failed. */
  function problem(exchange: Exchange, error: unknown, frames: StreamFrames): string {
    const known = toAppError(error);
    const { requestId, meter } = exchange;
    exchange.reason = known.reason;
    failures.note(known, { requestId, operation: meter.operation });
    return frames.problem(toProblem(known, requestId).body.trimEnd());
  }

  return (exchange, target, variables) => {
    exchange.meter = target.meter;
    try {
      const begun = begin(exchange, target, variables);
      answer(exchange, begun).catch((error) => fail(exchange, fromTranscodeError(error)));
    } catch (error) {
      fail(exchange, fromTranscodeError(error));
    }
  };
}

interface Begun {
  readonly frames: StreamFrames;
  readonly pieces: AsyncIterable<StreamPiece>;
}

/** Errors: UNSUPPORTED_MEDIA_TYPE, CONTENT_CODING_UNSUPPORTED. */
function checkBody({ request, response }: Exchange): void {
  const { "content-type": type = "" } = request.headers;
  const [, mediaType = ""] = LINE_TYPE.exec(type.toLowerCase()) ?? [];
  if (!LINE_TYPES.includes(mediaType)) {
    response.setHeader("accept-post", LINE_TYPES.join(", "));
    throw new AppError("UNSUPPORTED_MEDIA_TYPE", {
      message: `the body must be lines with a Content-Type of ${LINE_TYPES.join(", ")}`,
    });
  }
  if (!isEncoded(request.headers)) return;
  throw new AppError("CONTENT_CODING_UNSUPPORTED", {
    message: "the body must be lines without Content-Encoding",
  });
}

function acceptOf({ rawHeaders }: Request): string | undefined {
  const lines = headerLines(rawHeaders, "accept");
  return lines.length === 0 ? undefined : lines.join(",");
}

/** Writes the head of an answer, and returns where its body goes. */
function beginAnswer(exchange: Exchange, headers: AnswerHeaders): Writable {
  const { response } = exchange;
  exchange.began();
  writeHead(exchange, 200, headers);
  // The stream of HTTP/2 tells more of its state than the response over it.
  return "stream" in response ? response.stream : response;
}

/** The responses from the first piece on. */
async function* responsesOf(
  first: IteratorResult<StreamPiece>,
  iterator: AsyncIterator<StreamPiece>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    let next = first;
    while (next.done !== true) {
      yield* next.value.responses;
      next = await iterator.next();
    }
  } finally {
    // It may wait for geo, and ends by itself then.
    iterator.return?.().catch(() => undefined);
  }
}

async function* withLastFrame(
  responses: AsyncIterable<Uint8Array>,
  frames: StreamFrames,
  problemOf: (error: unknown) => string,
): AsyncGenerator<string | Uint8Array, void, undefined> {
  try {
    yield* responses;
  } catch (error) {
    yield problemOf(error);
    return;
  }
  if (frames.end !== "") yield frames.end;
}
