import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { DirectoryService } from "@geomesh/proto/es/geomesh/auth/v1/directory_service_pb";
import { pause } from "@geomesh/runtime/async/pause";
import { withTimeLimit } from "@geomesh/runtime/async/time-limit";
import type { Clock } from "@geomesh/runtime/clock";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import { type KeyUse, KeyUses } from "./key-uses.ts";

const INTERVAL_MS = 60_000;
/** Uses in one call, as the contract bounds it. */
const USES_AT_ONCE_MAX = 1_000;
/** How long the last report may take while the gateway closes. */
const LAST_MS_MAX = 2_000;

/** What the reports work with. */
export interface UseReportsDeps {
  /** A client of auth's directory, which is closed with the reports. */
  readonly directory: Pick<EsClient<typeof DirectoryService>, "reportKeyUse" | "close">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Notes when keys are used, and tells auth. */
export interface UseReports {
  /** Notes that a request was accepted with a key. */
  note(keyId: string): void;
  /** Tells what is left, for 2 s at most. */
  close(): Promise<void>;
}

/** What a test may choose. */
export interface UseReportsOptions {
  /** Milliseconds between two reports; default 60,000. */
  readonly intervalMs?: number;
}

/**
 * Tells auth every minute, and at the end, when keys were last used: 1,000 in a call. What a call fails with is logged once, and
 * its uses are told with the next report.
 */
export function startUseReports(
  { directory, clock, log }: UseReportsDeps,
  { intervalMs = INTERVAL_MS }: UseReportsOptions = {},
): UseReports {
  const uses = new KeyUses();
  const stopping = new AbortController();
  let isFailing = false;
  const stopped = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await pause(intervalMs, stopping.signal);
      await (stopping.signal.aborted ? withTimeLimit(report(), LAST_MS_MAX) : report());
    }
  }

  async function report(): Promise<void> {
    const pending = uses.pending(clock.wallMs());
    const forgotten = uses.takeForgotten();
    if (forgotten > 0) log.warn({ forgotten }, "more keys are in use than are told of");
    try {
      for (let at = 0; at < pending.length; at += USES_AT_ONCE_MAX) {
        await tell(pending.slice(at, at + USES_AT_ONCE_MAX));
      }
      if (isFailing) log.info("auth is told again when keys were used");
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ err: error }, "cannot tell auth when keys were used");
      isFailing = true;
    }
  }

  async function tell(some: readonly KeyUse[]): Promise<void> {
    await directory.reportKeyUse({
      uses: some.map(({ keyId, minuteMs }) => ({ keyId, useTime: timestampFromMs(minuteMs) })),
    });
    uses.told(some);
  }

  return {
    note: (keyId) => uses.note(keyId, clock.wallMs()),
    async close() {
      stopping.abort();
      await stopped.catch(() => undefined);
      directory.close();
    },
  };
}
