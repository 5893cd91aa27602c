/** Lets one loop sleep until it is woken or a time has passed. */
export interface Wakeup {
  /** Ends the wait, or the next one if the loop is not waiting. */
  call(): void;
  /** Resolves once `call` was called since the last wait, or after `timeoutMs` milliseconds. */
  wait(timeoutMs: number): Promise<void>;
}

/** Makes a wakeup for one loop. */
export function createWakeup(): Wakeup {
  let called = false;
  let wake: (() => void) | undefined;
  return {
    call() {
      called = true;
      wake?.();
    },
    async wait(timeoutMs) {
      if (!called) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = undefined;
      }
      called = false;
    },
  };
}
