import { once } from "node:events";
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  type ServerWritableStream,
  type ServiceDefinition,
  type StatusObject,
  status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { BoundMethod, type ServerScope } from "./bound-method.ts";
import type {
  BidiHandler,
  ClientStreamHandler,
  Implemented,
  ServerStreamHandler,
  UnaryHandler,
} from "./implement.ts";
import type { OpenCall } from "./open-call.ts";

type Method = MethodDefinition<object, object>;

/** Adds a service to a grpc-js server. */
export type AddService = (
  definition: ServiceDefinition,
  handlers: Record<string, UntypedHandleCall>,
) => void;

/** Adds a service to a server. Its handlers see messages and throw errors, and nothing of grpc-js. */
export function bind(service: Implemented, scope: ServerScope, add: AddService): void {
  const definition: Record<string, Method> = {};
  const handlers: Record<string, UntypedHandleCall> = {};
  for (const [name, typed] of Object.entries(service.definition)) {
    const method = typed as Method;
    const bound = new BoundMethod(method, scope, service.unbounded.has(name));
    const handler = service.handlers[name];
    if (method.requestStream && method.responseStream) {
      definition[name] = method;
      handlers[name] = bidi(bound, handler as BidiHandler<object, object>);
      continue;
    }
    definition[name] = inBytes(method);
    if (method.requestStream) {
      handlers[name] = clientStream(bound, handler as ClientStreamHandler<object, object>);
    } else if (method.responseStream) {
      handlers[name] = serverStream(bound, handler as ServerStreamHandler<object, object>);
    } else {
      handlers[name] = unary(bound, handler as UnaryHandler<object, object>);
    }
  }
  add(definition, handlers);
}

/** The method with encoded messages: they are decoded where rules are checked and errors are mapped. */
function inBytes(method: Method): Method {
  const asIs = (bytes: unknown) => bytes as Buffer;
  return { ...method, requestDeserialize: asIs, responseSerialize: asIs };
}

function unary(
  method: BoundMethod,
  handler: UnaryHandler<object, object>,
): handleUnaryCall<Buffer, Buffer> {
  return async (call, respond) => {
    const open = method.open(call);
    method.limit(open, respond);
    try {
      method.admit(call);
      const response = method.encode(await handler(method.decode(call.request), open));
      if (open.end(status.OK)) respond(null, response);
    } catch (error) {
      method.fail(open, error, respond);
    }
  };
}

function serverStream(
  method: BoundMethod,
  handler: ServerStreamHandler<object, object>,
): handleServerStreamingCall<Buffer, Buffer> {
  return async (call) => {
    const open = method.open(call);
    const send = (failure: StatusObject) => call.emit("error", failure);
    method.limit(open, send);
    if (method.isUnbounded) endOnClose(method, open, call);
    try {
      method.admit(call);
      for await (const response of handler(method.decode(call.request), open)) {
        if (open.over) return;
        const hasRoom = call.write(method.encode(response));
        if (!hasRoom) await once(call, "drain", { signal: open.signal });
      }
      if (open.end(status.OK)) call.end();
    } catch (error) {
      method.fail(open, error, send);
    }
  };
}

/** A closing server ends the call, whose handler hears of it by its signal. */
function endOnClose(
  { scope: { endlessStreams } }: BoundMethod,
  open: OpenCall,
  call: ServerWritableStream<Buffer, Buffer>,
): void {
  const end = () => {
    if (open.end(status.OK)) call.end();
  };
  endlessStreams.add(end);
  call.once("cancelled", () => endlessStreams.delete(end));
}

function clientStream(
  method: BoundMethod,
  handler: ClientStreamHandler<object, object>,
): handleClientStreamingCall<Buffer, Buffer> {
  return async (call, respond) => {
    const open = method.open(call);
    method.limit(open, respond);
    try {
      method.admit(call);
      const response = method.encode(await handler(decodeAll(method, call), open));
      if (open.end(status.OK)) respond(null, response);
    } catch (error) {
      method.fail(open, error, respond);
    }
  };
}

async function* decodeAll(method: BoundMethod, messages: AsyncIterable<Buffer>) {
  for await (const bytes of messages) yield method.decode(bytes);
}

function bidi(
  method: BoundMethod,
  handler: BidiHandler<object, object>,
): handleBidiStreamingCall<object, object> {
  const { endlessStreams } = method.scope;
  return (call) => {
    const open = method.open(call);
    const endRequests = () => {
      call.push(null);
      // One more request may be on its way from grpc-js; a stream takes none after its end.
      call.push = () => false;
    };
    endlessStreams.add(endRequests);
    call.once("cancelled", () => endlessStreams.delete(endRequests));
    call.once("error", ({ code }: Partial<StatusObject>) =>
      open.end(typeof code === "number" ? code : status.UNKNOWN),
    );
    call.once("finish", () => open.end(status.OK));
    try {
      method.admit(call);
      handler(call, open);
    } catch (error) {
      method.fail(open, error, (failure) => call.emit("error", failure));
    }
  };
}
