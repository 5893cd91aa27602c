import {
  type MethodDefinition,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { AppError, toAppError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { AnyHandler, CallContext } from "./implement.ts";
import { toStatus } from "./status.ts";
import type { CheckRequest } from "./validation.ts";

type AnyCall =
  | ServerUnaryCall<Checked, unknown>
  | ServerWritableStream<Checked, unknown>
  | ServerReadableStream<Checked, unknown>
  | ServerDuplexStream<Checked, unknown>;

/** A request with its bytes, which the check of the rules needs. */
interface Checked {
  readonly message: unknown;
  readonly bytes: Buffer;
}

export interface BindParts {
  readonly check: CheckRequest;
  /** False while the service must not answer. */
  readonly isServing: () => boolean;
  readonly log: Log;
  readonly callDeadlineMsMax: number;
  /** Called once for each call with its outcome. */
  readonly onHandled: (method: string, code: status, seconds: number) => void;
}

/** The grpc-js method and handler for one RPC: rules, deadline, errors and metrics stand around the handler. */
export function bindMethod(
  definition: MethodDefinition<unknown, unknown>,
  handler: AnyHandler,
  parts: BindParts,
): { definition: MethodDefinition<unknown, unknown>; handle: UntypedHandleCall } {
  if (definition.requestStream && definition.responseStream) {
    return { definition, handle: duplex(definition.path, handler, parts) };
  }
  const withBytes = {
    ...definition,
    requestDeserialize: (bytes: Buffer): Checked => ({
      message: definition.requestDeserialize(bytes),
      bytes,
    }),
  };
  const bind = definition.requestStream
    ? clientStream
    : definition.responseStream
      ? serverStream
      : unary;
  return { definition: withBytes, handle: bind(definition.path, handler, parts) };
}

function unary(method: string, handler: AnyHandler, parts: BindParts): UntypedHandleCall {
  return (call: ServerUnaryCall<Checked, unknown>, callback: sendUnaryData<unknown>) => {
    const running = begin(method, call, parts);
    run(async () => handler(opened(call.request, parts), running.context)).then(
      (response) => {
        running.end(status.OK);
        callback(null, response);
      },
      (error) => callback(running.fail(error)),
    );
  };
}

function clientStream(method: string, handler: AnyHandler, parts: BindParts): UntypedHandleCall {
  return (call: ServerReadableStream<Checked, unknown>, callback: sendUnaryData<unknown>) => {
    const running = begin(method, call, parts);
    const requests = async function* () {
      for await (const request of call) yield opened(request as Checked, parts);
    };
    run(async () => handler(requests(), running.context)).then(
      (response) => {
        running.end(status.OK);
        callback(null, response);
      },
      (error) => callback(running.fail(error)),
    );
  };
}

function serverStream(method: string, handler: AnyHandler, parts: BindParts): UntypedHandleCall {
  return (call: ServerWritableStream<Checked, unknown>) => {
    const running = begin(method, call, parts);
    run(async () => {
      for await (const response of handler(opened(call.request, parts), running.context)) {
        if (running.context.signal.aborted) return;
        if (!call.write(response)) await drained(call, running.context.signal);
      }
    }).then(
      () => {
        running.end(status.OK);
        call.end();
      },
      (error) => call.destroy(Object.assign(new Error("failed"), running.fail(error))),
    );
  };
}

/** The handler of a duplex stream writes and ends by itself; this adds refusal, logging and metrics. */
function duplex(method: string, handler: AnyHandler, parts: BindParts): UntypedHandleCall {
  return (call: ServerDuplexStream<Checked, unknown>) => {
    const running = begin(method, call, parts, Number.POSITIVE_INFINITY);
    call.on("error", () => running.end(status.CANCELLED));
    call.on("close", () => running.end(status.OK));
    run(async () => {
      refuseUnlessServing(parts);
      await handler(call, running.context);
    }).catch((error) => call.destroy(Object.assign(new Error("failed"), running.fail(error))));
  };
}

/** One call under way: its context, and its one end. */
function begin(
  method: string,
  call: AnyCall,
  parts: BindParts,
  deadlineMsMax = parts.callDeadlineMsMax,
) {
  const startedAt = performance.now();
  const abort = new AbortController();
  const given = call.getDeadline();
  const deadlineMs = Math.min(
    given instanceof Date ? given.getTime() : given,
    Date.now() + deadlineMsMax,
  );
  const timer = Number.isFinite(deadlineMs)
    ? setTimeout(() => abort.abort(), deadlineMs - Date.now())
    : undefined;
  (call as NodeJS.EventEmitter).on("cancelled", () => abort.abort());
  const context: CallContext = {
    method,
    signal: abort.signal,
    deadline: Number.isFinite(deadlineMs) ? new Date(deadlineMs) : undefined,
    requestId: call.metadata.get("x-request-id")[0]?.toString(),
  };
  let ended = false;
  const end = (code: status) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    parts.onHandled(method, code, (performance.now() - startedAt) / 1000);
  };
  const fail = (error: unknown): StatusObject => {
    const known = toAppError(error);
    if (known.kind === "internal") {
      parts.log.error(
        { err: known.cause ?? known, method, requestId: context.requestId },
        "call failed",
      );
    }
    const answer = toStatus(known);
    end(answer.code);
    return answer;
  };
  return { context, end, fail };
}

function opened({ message, bytes }: Checked, parts: BindParts): unknown {
  refuseUnlessServing(parts);
  parts.check?.(bytes);
  return message;
}

function refuseUnlessServing({ isServing }: BindParts): void {
  if (isServing()) return;
  throw new AppError("unavailable", "NOT_SERVING", "this service is not ready", {
    retryAfterMs: 1_000,
  });
}

/** Turns a throw into a rejection, so that nothing escapes into grpc-js. */
async function run<T>(action: () => Promise<T>): Promise<T> {
  return action();
}

function drained(call: ServerWritableStream<Checked, unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    call.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
