import { AppError, toAppError } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { Admissions, Admitted } from "./admission.ts";
import type { StreamOperation } from "./operation.ts";
import type { StreamAsker, StreamHandler, StreamPiece, StreamQuestion } from "./stream.ts";

/** Longest that a part of a stream waits for its turn; what must wait longer is refused. */
const WAIT_MS_MAX = 60_000;
const RETRY_MS = 1_000;

/** Waits for so many milliseconds. Errors, rejected with: any, once the signal aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<unknown>;

/** What a stream is run with. */
export interface RunStreamDeps {
  readonly admissions: Pick<Admissions, "admitUnits">;
  readonly handler: StreamHandler;
  /** Makes of a refusal what its caller is told. */
  readonly tell: (error: unknown) => unknown;
  readonly wait: Wait;
}

/** A stream whose caller may call it and whose options are sound. */
export interface StreamRun extends StreamQuestion {
  readonly operation: StreamOperation;
  readonly principal: Principal;
  readonly asker: StreamAsker;
}

/** Answers the requests of a stream. Errors, thrown by the iterable: those of the handler. */
export async function* runStream(
  { operation, principal, asker, options, requests }: StreamRun,
  { admissions, handler, tell, wait }: RunStreamDeps,
): AsyncGenerator<StreamPiece, void, undefined> {
  async function admit(units: number): Promise<Admitted> {
    let leftMs = WAIT_MS_MAX;
    for (;;) {
      refuseEnded(asker);
      try {
        return await admissions.admitUnits(operation, principal, units);
      } catch (error) {
        const { reason, retryAfterMs = RETRY_MS } = toAppError(error);
        if (reason !== "RATE_LIMITED" || retryAfterMs > leftMs) throw error;
        leftMs -= retryAfterMs;
        await turn(retryAfterMs);
      }
    }
  }

  async function turn(ms: number): Promise<void> {
    const { call, leaving } = asker;
    try {
      await wait(ms, AbortSignal.any([call.signal, leaving]));
    } catch (cause) {
      refuseEnded(asker);
      throw new AppError("CANCELLED", { cause });
    }
  }

  try {
    yield* handler({ options, requests, principal, asker, admit });
  } catch (error) {
    throw tell(error);
  }
}

/** Errors: CANCELLED where the client has gone, UPSTREAM_UNAVAILABLE where the gateway leaves. */
function refuseEnded({ isGone, leaving }: StreamAsker): void {
  if (isGone) throw new AppError("CANCELLED");
  if (leaving.aborted) throw new AppError("UPSTREAM_UNAVAILABLE");
}
