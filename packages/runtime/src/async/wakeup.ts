/** Lets one loop sleep until it is called or a time has passed. A call while it is awake is remembered. */
export interface Wakeup {
  call(): void;
  /** Resolves after a call since the last wait, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
}

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
