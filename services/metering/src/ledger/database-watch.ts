/** How often the database is asked whether it answers. */
const POLL_MS = 1_000;

/** Says whether the database answered when it was last asked. */
export interface DatabaseWatch {
  readonly answers: boolean;
  close(): void;
}

/** Asks at once and then again and again; `onChange` hears the first answer and every other one that differs. */
export async function watchDatabase(
  healthy: () => Promise<boolean>,
  onChange: (answers: boolean) => void,
): Promise<DatabaseWatch> {
  let answers = false;
  const ask = async () => {
    const before = answers;
    answers = await healthy();
    if (answers !== before) onChange(answers);
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
