/** Work that is done one piece after another, in the order in which it came. */
export interface Inbox {
  /** Drops the work when too much is waiting. */
  add(work: () => Promise<void>): void;
  /** Resolves when all that was added is done. */
  idle(): Promise<void>;
}

/** Makes an inbox that holds `waitingMax` pieces at most. Work that fails goes to `onError` and stops nothing. */
export function createInbox(waitingMax: number, onError: (error: unknown) => void): Inbox {
  let waiting = 0;
  let last = Promise.resolve();
  return {
    add(work) {
      if (waiting === waitingMax) return;
      waiting += 1;
      last = last
        .then(work)
        .catch(onError)
        .finally(() => {
          waiting -= 1;
        });
    },
    idle: () => last,
  };
}
