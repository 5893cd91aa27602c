import { setTimeout as wait } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import type { AnswerFields, GatewayEnd, Rpc, RpcCall } from "./gateway-end.ts";
import {
  type BidiStreamRequest,
  BidiStreamResponseSchema,
  type ConformancePayload,
  ConformancePayload_RequestInfoSchema,
  ConformancePayloadSchema,
  ConformanceService,
  type Error as ErrorDefinition,
  type Header,
  type StreamResponseDefinition,
  type UnaryResponseDefinition,
} from "./gen/connectrpc/conformance/v1/service_pb.ts";
import { packed, requestInfo } from "./request-info.ts";

const { unary, idempotentUnary, serverStream, clientStream, bidiStream } =
  ConformanceService.method;

/** ConformanceService on the gateway's front, as service.proto says. `Unimplemented` is none of them. */
export function conformanceRpcs({ unaryRpc, streamRpc }: GatewayEnd): Rpc[] {
  return [
    unaryRpc(unary, (rpc, fields) => async (request) => ({
      payload: await answerOnce({ rpc, fields }, request.responseDefinition, [packed(request)]),
    })),
    unaryRpc(idempotentUnary, (rpc, fields) => async (request) => ({
      payload: await answerOnce({ rpc, fields }, request.responseDefinition, [packed(request)]),
    })),
    streamRpc(
      clientStream,
      (rpc, fields) =>
        async function* answer(requests) {
          const all = await Array.fromAsync(requests);
          const definition = all[0]?.responseDefinition;
          yield { payload: await answerOnce({ rpc, fields }, definition, all.map(packed)) };
        },
    ),
    streamRpc(
      serverStream,
      (rpc, fields) =>
        async function* answer(requests) {
          for await (const request of requests) {
            const answers = new Answers({ rpc, fields }, request.responseDefinition);
            for await (const payload of answers.rest([packed(request)])) yield { payload };
            answers.end([packed(request)]);
          }
        },
    ),
    streamRpc(
      bidiStream,
      (rpc, fields) =>
        async function* answer(requests) {
          for await (const payload of answerBoth({ rpc, fields }, requests)) {
            yield create(BidiStreamResponseSchema, { payload });
          }
        },
    ),
  ];
}

interface Asked {
  readonly rpc: RpcCall;
  readonly fields: AnswerFields;
}

async function answerOnce(
  { rpc, fields }: Asked,
  definition: UnaryResponseDefinition | undefined,
  requests: readonly Any[],
): Promise<ConformancePayload> {
  const info = requestInfo(rpc, requests);
  if (definition === undefined) return create(ConformancePayloadSchema, { requestInfo: info });
  setFields(fields, definition);
  const { response, responseDelayMs } = definition;
  await pause(rpc, responseDelayMs);
  if (response.case === "error") throw toError(response.value, info);
  const data = response.value ?? new Uint8Array();
  return create(ConformancePayloadSchema, { requestInfo: info, data });
}

/** Full duplex: a response for each request, then the rest. Half duplex: all requests first. */
async function* answerBoth(
  asked: Asked,
  requests: AsyncIterable<BidiStreamRequest>,
): AsyncGenerator<ConformancePayload> {
  let answers: Answers | undefined;
  let isFullDuplex = false;
  let unanswered: Any[] = [];
  for await (const request of requests) {
    if (answers === undefined) {
      answers = new Answers(asked, request.responseDefinition);
      isFullDuplex = request.fullDuplex;
    }
    unanswered.push(packed(request));
    if (!isFullDuplex) continue;
    const payload = await answers.next(unanswered, isFullDuplex);
    if (payload === undefined) break;
    unanswered = [];
    yield payload;
  }
  if (answers === undefined) return;
  yield* answers.rest(unanswered);
  answers.end(unanswered);
}

/** The answers of a stream as its definition has them. */
class Answers {
  readonly #rpc: RpcCall;
  readonly #definition: StreamResponseDefinition | undefined;
  #sent = 0;

  constructor({ rpc, fields }: Asked, definition: StreamResponseDefinition | undefined) {
    this.#rpc = rpc;
    this.#definition = definition;
    if (definition !== undefined) setFields(fields, definition);
  }

  /** The next answer, in its time; undefined after the last. The first tells of the whole call. */
  async next(requests: readonly Any[], echoes: boolean): Promise<ConformancePayload | undefined> {
    const { responseData = [], responseDelayMs = 0 } = this.#definition ?? {};
    const data = responseData[this.#sent];
    if (data === undefined) return undefined;
    const isFirst = this.#sent === 0;
    const short =
      echoes && create(ConformancePayload_RequestInfoSchema, { requests: [...requests] });
    const info = isFirst ? requestInfo(this.#rpc, requests) : short || undefined;
    await pause(this.#rpc, responseDelayMs);
    this.#sent += 1;
    return create(ConformancePayloadSchema, { data, ...(info && { requestInfo: info }) });
  }

  async *rest(requests: readonly Any[]): AsyncGenerator<ConformancePayload> {
    for (;;) {
      const payload = await this.next(requests, false);
      if (payload === undefined) return;
      yield payload;
    }
  }

  /** Fails where the definition says so; then, if nothing was sent, the error tells of the whole call. */
  end(requests: readonly Any[]): void {
    const error = this.#definition?.error;
    if (error === undefined) return;
    throw toError(error, this.#sent === 0 ? requestInfo(this.#rpc, requests) : undefined);
  }
}

function setFields(
  { responseHeader, responseTrailer }: AnswerFields,
  { responseHeaders, responseTrailers }: { responseHeaders: Header[]; responseTrailers: Header[] },
): void {
  for (const { name, value } of responseHeaders)
    for (const each of value) responseHeader.append(name, each);
  for (const { name, value } of responseTrailers)
    for (const each of value) responseTrailer.append(name, each);
}

/** Waits, up to the deadline of the call. */
async function pause({ call }: RpcCall, ms: number): Promise<void> {
  if (ms === 0) return;
  const { deadlineMs = Number.POSITIVE_INFINITY, signal } = call;
  const leftMs = Math.max(deadlineMs - SYSTEM_CLOCK.monotonicMs(), 0);
  await wait(Math.min(ms, leftMs), undefined, { signal });
  if (leftMs < ms) throw new ConnectError("too late", Code.DeadlineExceeded);
}

function toError(
  { code, message, details }: ErrorDefinition,
  info: ReturnType<typeof requestInfo> | undefined,
): ConnectError {
  const error = new ConnectError(message ?? "", code as number);
  error.details = details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  if (info !== undefined) {
    error.details.push({ desc: ConformancePayload_RequestInfoSchema, value: info });
  }
  return error;
}
