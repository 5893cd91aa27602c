import { createHash } from "node:crypto";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { AppError } from "@geomesh/runtime/errors";
import { readIdempotentRpcs } from "@geomesh/runtime/grpc/idempotent-rpcs";
import type { CallContext } from "@geomesh/runtime/grpc/server";
import type { Seal } from "../idempotency/seal.ts";
import { actorOf } from "../store/actor.ts";
import { findRecord, insertRecord, type RecordId } from "../store/idempotency-records.ts";
import type { IdempotencyRecordRow } from "../store/schema.ts";
import type { Changes } from "../store/write.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

const SERVICE = "geomesh.auth.v1.AuthService";

/** What handlers that may be asked twice need. */
export interface IdempotencyDeps extends AuthDeps {
  /** Encrypts answers with secrets; undefined where no key for it is set. */
  readonly seal: Seal | undefined;
}

/** Makes the handlers of AuthService. */
type CreateHandlers = (deps: AuthDeps) => AuthHandlers;
type Handler = (request: object, call: CallContext) => Promise<object> | object;

/** How the messages of an RPC are encoded. */
interface Codec {
  readonly path: string;
  readonly requestSerialize: (request: object) => Buffer;
  readonly responseSerialize: (response: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

/**
 * Makes handlers of which those whose policy takes an `Idempotency-Key` answer a second request as the first: for 24 hours, by
 * the account that asks, the RPC and the key. The record of a request is part of the transaction that makes its changes, and
 * writers wait for each other, so that of two at the same time one makes the changes and the other gets its answer. A replay
 * changes nothing. What failed is not recorded, and may be tried again.
 *
 * An answer that holds a secret is stored encrypted, its record's place bound to it, so that the database alone tells no key.
 * Errors beside the handler's: IDEMPOTENCY_KEY_REUSED for another request with that key; IDEMPOTENCY_KEY_REFUSED where the answer
 * holds a secret and no key to encrypt it is set; IDEMPOTENT_ANSWER_LOST where it was encrypted under another one.
 */
export function createIdempotentHandlers(
  { seal, ...deps }: IdempotencyDeps,
  createHandlers: CreateHandlers,
): AuthHandlers {
  const handlers = createHandlers(deps);
  const rpcs = readIdempotentRpcs(descriptorSetBytes(), SERVICE);
  const wrapped: Record<string, Handler> = {};
  for (const [name, codec] of Object.entries(AuthServiceService)) {
    const rpc = rpcs.get(codec.path);
    if (rpc === undefined) continue;
    const within = (changes: Changes) => handlerOf(createHandlers(joined(deps, changes)), name);
    const answers = new Answers(codec as Codec, rpc.holdsSecret ? sealed(seal) : PLAIN);
    const once = createOnce(deps, within, answers);
    const plainly = handlerOf(handlers, name);
    wrapped[name] = (request, call) => {
      const key = call.onBehalfOf?.idempotencyKey ?? "";
      return key === "" ? plainly(request, call) : once(request, call);
    };
  }
  return { ...handlers, ...wrapped };
}

const handlerOf = (handlers: AuthHandlers, name: string) =>
  (handlers as unknown as Readonly<Record<string, Handler>>)[name] as Handler;

/** What a handler works with that is a part of a transaction which is under way. */
function joined(deps: AuthDeps, changes: Changes): AuthDeps {
  return { ...deps, db: changes.trx, write: (_actor, body) => body(changes) };
}

/** Answers by the record of an earlier request, or by the handler, and keeps that answer. */
function createOnce(
  { write }: AuthDeps,
  within: (changes: Changes) => Handler,
  answers: Answers,
): Handler {
  return (request, call) => {
    const id = idOf(call);
    const request_sha256 = answers.hashOf(request);
    answers.requireStorable();
    return write(actorOf(call), async (changes) => {
      const { trx, commitTime } = changes;
      const known = await findRecord(trx, id, commitTime);
      if (known !== undefined) return answers.replay(known, request_sha256);
      const response = await within(changes)(request, call);
      const stored = answers.store(response, { ...id, request_sha256 });
      await insertRecord(trx, { ...id, request_sha256, ...stored, create_time: commitTime });
      return response;
    });
  };
}

function idOf({ method, onBehalfOf }: CallContext): RecordId {
  return {
    account_id: onBehalfOf?.accountId ?? "",
    rpc: method,
    key_sha256: sha256(onBehalfOf?.idempotencyKey ?? ""),
  };
}

/** Where a record stands, and for what: what is sealed into it is bound to that. */
type Place = RecordId & Pick<IdempotencyRecordRow, "request_sha256">;
type StoredAnswer = Pick<IdempotencyRecordRow, "response" | "is_sealed">;

/** How the answers of an RPC are kept. Undefined where they cannot be. */
type Keeping = Seal | undefined | typeof PLAIN;
const PLAIN = "plain";
const sealed = (seal: Seal | undefined): Keeping => seal;

/** Stores and replays the answers of one RPC. */
class Answers {
  readonly #codec: Codec;
  readonly #keeping: Keeping;

  constructor(codec: Codec, keeping: Keeping) {
    this.#codec = codec;
    this.#keeping = keeping;
  }

  /** By what the same request is known: all but its etag, which by now may be another one, whatever the order of its maps. */
  hashOf(request: object): Buffer {
    const ordered = inOrder({ ...request, etag: "" }) as object;
    return sha256(this.#codec.requestSerialize(ordered));
  }

  /** Errors: IDEMPOTENCY_KEY_REFUSED. */
  requireStorable(): void {
    if (this.#keeping === undefined) throw new AppError("IDEMPOTENCY_KEY_REFUSED");
  }

  store(response: object, place: Place): StoredAnswer {
    const bytes = this.#codec.responseSerialize(response);
    if (this.#keeping === PLAIN) return { response: bytes, is_sealed: false };
    if (this.#keeping === undefined) throw new AppError("IDEMPOTENCY_KEY_REFUSED");
    return { response: this.#keeping.seal(bytes, textOf(place)), is_sealed: true };
  }

  /** Errors: IDEMPOTENCY_KEY_REUSED, IDEMPOTENT_ANSWER_LOST. */
  replay(record: IdempotencyRecordRow, requestSha256: Buffer): object {
    if (!record.request_sha256.equals(requestSha256)) throw new AppError("IDEMPOTENCY_KEY_REUSED");
    const bytes = record.is_sealed ? this.#open(record) : record.response;
    if (bytes === undefined) throw new AppError("IDEMPOTENT_ANSWER_LOST");
    return this.#codec.responseDeserialize(bytes);
  }

  #open(record: IdempotencyRecordRow): Buffer | undefined {
    if (this.#keeping === PLAIN) return undefined;
    return this.#keeping?.open(record.response, textOf(record));
  }
}

/**
 * A message with its members in the order of their names, and so with the entries of its maps: clients such as those in Go encode
 * a map in another order each time.
 */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]));
}

function textOf({ account_id, rpc, key_sha256, request_sha256 }: Place): string {
  return [account_id, rpc, key_sha256.toString("hex"), request_sha256.toString("hex")].join("\n");
}

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest();
