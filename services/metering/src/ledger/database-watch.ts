/** How often the database is asked whether it answers. */
const POLL_MS = 1_000;

/** Tells whether the database answered when it was last asked. */
export interface DatabaseWatch {
  readonly answers: boolean;
  close(): void;
}

/** What the watch needs. */
export interface DatabaseWatchDeps {
  /** Asks the database. Never rejects. */
  healthy(): Promise<boolean>;
  /** Hears the first answer if it is a good one, and every change after it. */
  onChange(answers: boolean): void;
}

/** Asks the database once before it returns, and then once a second. */
export async function startDatabaseWatch(deps: DatabaseWatchDeps): Promise<DatabaseWatch> {
  let answers = false;
  const ask = async () => {
    const before = answers;
    answers = await deps.healthy();
    if (answers !== before) deps.onChange(answers);
  };
  await ask();
  const poll = setInterval(ask, POLL_MS);
  return {
    get answers() {
      return answers;
    },
    close: () => clearInterval(poll),
  };
}
