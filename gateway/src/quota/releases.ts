import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { pause } from "@geomesh/runtime/async/pause";
import { coalesced } from "@geomesh/runtime/async/single-flight";
import { toAppError } from "@geomesh/runtime/errors";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";

const RETRY_MS = 1_000;
/** For how long closing an epoch is tried, each call, and the wait between two. */
const CLOSE_MS_MAX = 3_000;
const CLOSE_CALL_MS_MAX = 1_000;
const CLOSE_RETRY_MS = 200;
const WAITING_MAX = 100_000;

/** A lease that is spent from no more; number 0 stands for all leases of an epoch. */
export interface Release {
  readonly epoch: bigint;
  readonly leaseNumber: bigint;
  readonly lastSequence: bigint;
}

/** What releases work with. */
export interface ReleasesDeps {
  readonly leases: Pick<EsClient<typeof LeaseService>, "releaseLeases">;
  readonly gatewayId: string;
  /** What this process opened its epoch with. */
  readonly nonce: Uint8Array;
  readonly log: Log;
}

/**
 * Tells metering which leases are over, in order, each until it was heard: a second after a failure it tries again. Beyond
 * 100,000 waiting, leases end with their epoch.
 */
export class Releases {
  readonly #deps: ReleasesDeps;
  readonly #waiting: Release[] = [];
  readonly #send = coalesced(() => this.#sendAll());
  #retry: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(deps: ReleasesDeps) {
    this.#deps = deps;
  }

  /** Takes a release; tells metering as soon as it can. */
  add(release: Release): void {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(release);
    void this.#send();
  }

  /** Ends after the call under way. What is left is released with the whole epoch. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    await this.#send();
    clearTimeout(this.#retry);
  }

  /**
   * Releases all leases of an epoch, which closes it, with its last record: nothing is spent after it. It tries for up to
   * 3 s; after that the next start closes the epoch, or an operator forgets it.
   */
  async closeEpoch(epoch: bigint, lastSequence: bigint): Promise<void> {
    const { leases, gatewayId, nonce, log } = this.#deps;
    const signal = AbortSignal.timeout(CLOSE_MS_MAX);
    const request = { gatewayId, nonce, epoch, leaseNumber: 0n, lastSequence };
    for (;;) {
      try {
        await leases.releaseLeases(request, { deadlineMs: CLOSE_CALL_MS_MAX });
        return;
      } catch (err) {
        if (toAppError(err).kind === "failed_precondition") return;
        if (signal.aborted) {
          log.warn(
            { err },
            "cannot close the usage epoch; its leases stay lent until the next start",
          );
          return;
        }
        await pause(CLOSE_RETRY_MS, signal);
      }
    }
  }

  /** Never rejects. */
  async #sendAll(): Promise<void> {
    if (this.#retry !== undefined) return;
    const { log } = this.#deps;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        await this.#sendOne(next);
        this.#waiting.shift();
      }
      this.#isFailing = false;
    } catch (err) {
      if (!this.#isFailing) log.warn({ err }, "cannot release leases; trying again");
      this.#isFailing = true;
      if (this.#waiting.length > 0) this.#retryLater();
    }
  }

  /** What metering refuses for good is not sent again: then the epoch is another process's. */
  async #sendOne(release: Release): Promise<void> {
    const { leases, gatewayId, nonce } = this.#deps;
    try {
      await leases.releaseLeases({ gatewayId, nonce, ...release });
    } catch (error) {
      if (toAppError(error).kind !== "failed_precondition") throw error;
    }
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#send();
    }, RETRY_MS);
  }
}
