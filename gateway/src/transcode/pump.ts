import type { Writable } from "node:stream";

/** Characters that are written at once, at least, where as many are there. */
const BATCH_CHARS = 64 * 1024;

/**
 * Writes text, of one character a byte, or bytes to a sink as fast as both it and the source can: many texts of one turn of the event loop are
 * one write. Takes nothing from the source while the sink has enough, and goes on when that has drained; after each 64 KiB others get
 * their turn. So what waits here is at most 64 KiB and one text, beside what the sink holds by its own mark.
 *
 * Gives true where the source ended and all its text is written; the sink is not ended. Gives false as soon as the sink is
 * closed or fails, and then the source is told by `return()`; a generator that waits hears of it when it goes on, so a
 * source that may wait long listens to the sink itself. Errors: what the source throws, when what came before is written.
 */
export function pump(source: AsyncIterable<string | Uint8Array>, sink: Writable): Promise<boolean> {
  const texts = source[Symbol.asyncIterator]();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const batch = new Batch(sink);
  const drained = () => batch.drained();
  const stop = () => {
    // A sink that fails closes as well.
    if (batch.isStopped) return;
    batch.stop();
    resolve(false);
    // Nobody waits for it, as it may take as long as the next text does.
    texts.return?.().catch(() => undefined);
  };
  sink.on("drain", drained).once("close", stop).once("error", stop);
  if (sink.destroyed) stop();
  else writeAll(texts, batch).then(resolve, reject);
  return promise.finally(() => {
    sink.off("drain", drained).off("close", stop).off("error", stop);
  });
}

async function writeAll(texts: AsyncIterator<string | Uint8Array>, batch: Batch): Promise<boolean> {
  try {
    while (!batch.isStopped) {
      const { done = false, value } = await texts.next();
      if (done) return !batch.isStopped;
      if (typeof value === "string") batch.add(value);
      else batch.addBytes(value);
      if (batch.isFull) await batch.room();
    }
    return false;
  } finally {
    batch.write();
  }
}

/** Collects the texts of one turn. */
class Batch {
  readonly #sink: Writable;
  #text = "";
  #isScheduled = false;
  #isDraining: boolean;
  #goOn: (() => void) | undefined;
  isStopped = false;

  constructor(sink: Writable) {
    this.#sink = sink;
    this.#isDraining = sink.writableNeedDrain;
  }

  /** True where the sink, or the batch, has enough. */
  get isFull(): boolean {
    return this.#isDraining || this.#text.length >= BATCH_CHARS;
  }

  add(text: string): void {
    this.#text += text;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isDraining) this.write();
    });
  }

  /** Bytes are written at once, after the text before them. */
  addBytes(bytes: Uint8Array): void {
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#sink.write(text, "latin1");
    this.#isDraining = !this.#sink.write(bytes);
  }

  /** Resolves when the batch is written and the sink has not enough, or when that is stopped. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  /** Writes what is there, at the end also to a sink that has enough. */
  write(): void {
    if (this.isStopped) return;
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#isDraining = !this.#sink.write(text, "latin1");
    if (!this.#isDraining) this.#wake();
  }

  drained(): void {
    this.#isDraining = false;
    this.write();
  }

  stop(): void {
    this.isStopped = true;
    this.#text = "";
    this.#wake();
  }

  #wake(): void {
    this.#goOn?.();
    this.#goOn = undefined;
  }
}
