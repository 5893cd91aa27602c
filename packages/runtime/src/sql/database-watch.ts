import { startPoller } from "../async/poller.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { Log } from "../log.ts";
import type { ReadinessProblem } from "../telemetry/ops-server.ts";
import { createPool } from "./pool.ts";

/** From one question to the next, in milliseconds. */
const PAUSE_MS = 1_000;
/** A question that is not answered for so long is given up, with its connection. */
const ANSWER_MS_MAX = 3_000;
/** Questions in a row that may go without an answer; with one more the database counts as unavailable. */
const SILENT_QUESTIONS_MAX = 3;
const UNAVAILABLE: readonly ReadinessProblem[] = [
  { reason: "database_unavailable", message: "the database does not answer" },
];

/** Tells whether the database answers. */
export interface DatabaseWatch {
  /** True while it answers, also slowly; false once nothing was heard of it for about 4 s, until its next answer. */
  readonly answers: boolean;
  /** Why a process that needs the database is not ready; empty while it answers. */
  problems(): readonly ReadinessProblem[];
  /** Says that the database answered somebody. */
  heard(): void;
  close(): Promise<void>;
}

/** What the watch needs. */
export interface DatabaseWatchDeps {
  readonly clock?: Clock;
  readonly log: Log;
  /** Hears every change. */
  onChange(answers: boolean): void;
}

/** Which database is watched. */
export interface DatabaseWatchOptions {
  readonly url: string;
}

/**
 * Asks a database about once a second, over a connection of its own: a process whose other connections are all busy still
 * learns that its database is well. One answer says so; four questions in a row without any say the contrary, so that neither
 * a slow database nor a busy process is taken for a broken one. The log says once that it went and once that it is back.
 */
export function startDatabaseWatch(
  { clock = SYSTEM_CLOCK, log, onChange }: DatabaseWatchDeps,
  { url }: DatabaseWatchOptions,
): DatabaseWatch {
  const pool = createPool({ url, max: 1, answerMsMax: ANSWER_MS_MAX, log });
  let answers = true;
  let silentQuestions = 0;
  let heardMs = clock.monotonicMs();
  let lastError: unknown;
  let asking: Promise<void> | undefined;

  function heard(): void {
    silentQuestions = 0;
    const silentMs = Math.round(clock.monotonicMs() - heardMs);
    heardMs = clock.monotonicMs();
    if (answers) return;
    answers = true;
    log.info({ silentMs }, "the database answers again");
    onChange(true);
  }

  async function ask(): Promise<void> {
    try {
      await pool.query("select 1");
      heard();
    } catch (error) {
      lastError = error;
    } finally {
      asking = undefined;
    }
  }

  /** A process that was held up for long counts it as one question: it could not have heard the answer. */
  async function tick(): Promise<void> {
    silentQuestions += 1;
    if (answers && silentQuestions > SILENT_QUESTIONS_MAX) {
      answers = false;
      log.error({ reason: reasonOf(lastError) }, "the database does not answer");
      onChange(false);
    }
    asking ??= ask();
  }

  const poller = startPoller(tick, { pauseMs: PAUSE_MS, onError: () => {} });
  return {
    get answers() {
      return answers;
    },
    problems: () => (answers ? [] : UNAVAILABLE),
    heard,
    async close() {
      await poller.close();
      await pool.end();
      await asking;
    },
  };
}

/** What the last failed question said. The error may hold the secrets of its connection: its message alone is told. */
function reasonOf(error: unknown): string | undefined {
  const { message, code } = (error ?? {}) as NodeJS.ErrnoException;
  return message || code;
}
