import { startPoller } from "@geomesh/runtime/async/poller";

/** From one answer to the next question, in milliseconds. */
const PAUSE_MS = 1_000;

/** Tells whether the database answered when it was last asked. */
export interface DatabaseWatch {
  readonly answers: boolean;
  close(): Promise<void>;
}

/** What the watch needs. */
export interface DatabaseWatchDeps {
  /** Asks the database. Never rejects. */
  healthy(): Promise<boolean>;
  /** Hears every change of the answer; before the first answer it is false. */
  onChange(answers: boolean): void;
}

/** Asks the database once before it returns, and then about once a second. */
export async function startDatabaseWatch(deps: DatabaseWatchDeps): Promise<DatabaseWatch> {
  let answers = false;
  const ask = async () => {
    const before = answers;
    answers = await deps.healthy();
    if (answers !== before) deps.onChange(answers);
  };
  await ask();
  // Nothing to report: `healthy` never rejects.
  const poller = startPoller(ask, { pauseMs: PAUSE_MS, onError: () => {} });
  return {
    get answers() {
      return answers;
    },
    close: () => poller.close(),
  };
}
