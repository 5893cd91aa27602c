import { setTimeout as wait } from "node:timers/promises";
import { AppError, toAppError } from "@geomesh/runtime/errors";
import type { Principal } from "../keys/key-table.ts";
import type { Admissions, Admitted } from "./admission.ts";
import type { StreamOperation } from "./operation.ts";
import type { StreamAsker, StreamHandler, StreamPiece, StreamQuestion } from "./stream.ts";

/** Longest that a part of a stream waits for its turn; what must wait longer is refused. */
const WAIT_MS_MAX = 60_000;
const RETRY_MS = 1_000;

/** What a stream is run with. */
export interface RunStreamDeps {
  readonly admissions: Pick<Admissions, "admitUnits">;
  readonly handler: StreamHandler;
  /** Makes of a refusal what its caller is told. */
  readonly tell: (error: unknown) => unknown;
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
  { admissions, handler, tell }: RunStreamDeps,
): AsyncGenerator<StreamPiece, void, undefined> {
  async function admit(units: number): Promise<Admitted> {
    let leftMs = WAIT_MS_MAX;
    for (;;) {
      if (asker.isGone) throw new AppError("CANCELLED");
      try {
        return await admissions.admitUnits(operation, principal, units);
      } catch (error) {
        const { reason, retryAfterMs = RETRY_MS } = toAppError(error);
        if (reason !== "RATE_LIMITED" || retryAfterMs > leftMs) throw error;
        leftMs -= retryAfterMs;
        await turn(retryAfterMs, asker);
      }
    }
  }
  try {
    yield* handler({ options, requests, principal, asker, admit });
  } catch (error) {
    throw tell(error);
  }
}

/** Waits, unless the client goes meanwhile. Errors, rejected with: CANCELLED. */
async function turn(ms: number, { call: { signal } }: StreamAsker): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (cause) {
    throw new AppError("CANCELLED", { cause });
  }
}
