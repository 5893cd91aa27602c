/** Does work one piece after another, in the order in which it came. */
export interface Inbox {
  /** Returns false when the inbox is full: the work is then dropped. */
  add(work: () => Promise<void>): boolean;
  /** Resolves when everything that was added before is done. */
  idle(): Promise<void>;
}

/** Makes an inbox that holds at most `waitingMax` pieces. Work that fails goes to `onError` and stops nothing. */
export function createInbox(waitingMax: number, onError: (error: unknown) => void): Inbox {
  let waiting = 0;
  let last = Promise.resolve();
  return {
    add(work) {
      if (waiting === waitingMax) return false;
      waiting += 1;
      last = last
        .then(work)
        .catch(onError)
        .finally(() => {
          waiting -= 1;
        });
      return true;
    },
    idle: () => last,
  };
}
