const HEAD_END = "\r\n\r\n";
const CHUNKED = "\r\ntransfer-encoding: chunked";
const LAST_CHUNK = "0\r\n\r\n";
const OK = "200";
/** Answers without a body and without a length (RFC 9112, section 6.3). */
const BODILESS = new Set(["204", "304"]);
const LENGTH = "\r\ncontent-length: ";

/** A whole answer: as much of it as a load generator needs. */
export interface Answer {
  readonly status: string;
  readonly bodyBytes: number;
  /** What is in the last bytes that came; only for an answer that is not 200. */
  readonly text?: string;
}

/**
 * Reads one answer after the other from a connection without pipelining, and parses no more of each than its status and
 * where it ends, so that it costs little beside what it measures.
 */
export class AnswerReader {
  #head = "";
  #status = "";
  /** Bytes of the body: those that are announced, those that came. Announced is undefined for chunks. */
  #announced: number | undefined;
  #came = 0;
  #tail = "";

  /** Takes the next bytes; returns the answer that they complete. Errors: Error where an answer does not say its length. */
  take(bytes: Buffer): Answer | undefined {
    if (this.#status !== "") return this.#takeBody(bytes, 0);
    const text = bytes.toString("latin1");
    const before = this.#head.length;
    const head = before === 0 ? text : this.#head + text;
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = head;
      return undefined;
    }
    this.#head = "";
    this.#begin(head.slice(0, end));
    return this.#takeBody(bytes, end + HEAD_END.length - before);
  }

  #begin(head: string): void {
    this.#status = head.slice(9, 12);
    let at = head.indexOf(LENGTH);
    if (at < 0) at = head.toLowerCase().indexOf(LENGTH);
    if (BODILESS.has(this.#status)) this.#announced = 0;
    else if (at >= 0) this.#announced = Number.parseInt(head.slice(at + LENGTH.length), 10);
    else if (head.toLowerCase().includes(CHUNKED)) this.#announced = undefined;
    else throw new Error("an answer came without its length");
    this.#came = 0;
    this.#tail = "";
  }

  #takeBody(bytes: Buffer, from: number): Answer | undefined {
    this.#came += bytes.length - from;
    if (!this.#isWhole(bytes, from)) return undefined;
    const answer = { status: this.#status, bodyBytes: this.#came };
    this.#status = "";
    return answer.status === OK ? answer : { ...answer, text: bytes.toString("latin1") };
  }

  /** A body in chunks ends with the empty one: JSON has no such line inside, and nothing follows without pipelining. */
  #isWhole(bytes: Buffer, from: number): boolean {
    if (this.#announced !== undefined) return this.#came >= this.#announced;
    const last = bytes.toString("latin1", Math.max(from, bytes.length - LAST_CHUNK.length));
    this.#tail = (this.#tail + last).slice(-LAST_CHUNK.length);
    return this.#tail === LAST_CHUNK;
  }
}
