import net from "node:net";
import { type Answer, AnswerReader } from "./answer-reader.ts";

const READ_BYTES = 64 * 1024;
/** One for all connections: what is read is used before the next read begins. */
const READ_BUFFER = Buffer.allocUnsafe(READ_BYTES);

/** What becomes of a request: its answer, or undefined where the connection broke. */
export type OnAnswer = (answer: Answer | undefined) => void;

/** A keep-alive connection to 127.0.0.1 with one request under way. It connects again when it breaks. */
export class Connection {
  readonly #port: number;
  #socket: net.Socket | undefined;
  #reader = new AnswerReader();
  #onAnswer: OnAnswer | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves once it is connected. Errors: those of node:net. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#connect(resolve).once("error", reject);
    });
  }

  /** Sends a request. `onAnswer` is called once. */
  send(request: Buffer, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer;
    (this.#socket ?? this.#connect()).write(request);
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(onConnect?: () => void): net.Socket {
    const read = { buffer: READ_BUFFER, callback: (count: number) => this.#read(count) };
    const socket = net.connect(
      { port: this.#port, host: "127.0.0.1", noDelay: true, onread: read },
      onConnect,
    );
    socket.on("error", () => {});
    socket.once("close", () => this.#broke(socket));
    this.#socket = socket;
    this.#reader = new AnswerReader();
    return socket;
  }

  #read(count: number): boolean {
    const answer = this.#reader.take(READ_BUFFER.subarray(0, count));
    if (answer !== undefined) this.#end(answer);
    return true;
  }

  #broke(socket: net.Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#end(undefined);
  }

  #end(answer: Answer | undefined): void {
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    onAnswer?.(answer);
  }
}
