import net from "node:net";
import { moreOrClosed } from "./more-or-closed.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADER_BYTES = 9;
const INITIAL_WINDOW_SIZE = 4;
const ACK = 1;
const END_STREAM = 1;
const END_HEADERS = 4;

/** Types of frames (RFC 9113, section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const;

/** A frame that was received. */
export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** A client of HTTP/2 that does what the test says, and nothing by itself but to acknowledge settings and pings. */
export class RawHttp2 {
  readonly socket: net.Socket;
  readonly frames: RawFrame[] = [];
  /** False once it must not answer pings. */
  answersPings = true;
  #received: Buffer = Buffer.alloc(0);

  /** Connects; with a window of so many bytes, the server may send no more of each stream. */
  constructor(port: number, windowBytes = 65_535) {
    this.socket = net.connect(port, "127.0.0.1").setNoDelay(true);
    this.socket.on("error", () => undefined);
    this.socket.on("data", (bytes) => this.#read(bytes));
    this.socket.write(Buffer.concat([Buffer.from(PREFACE), settings(windowBytes)]));
  }

  /** Lets the server send so many bytes of each stream, open ones included, and of all together. */
  openWindow(bytes: number): void {
    const increment = Buffer.alloc(4);
    increment.writeUInt32BE(bytes);
    const update = frame(FRAME.windowUpdate, 0, 0, increment);
    this.socket.write(Buffer.concat([settings(bytes), update]));
  }

  /** Sends the requests in one write. */
  get(...requests: readonly (readonly [streamId: number, path: string])[]): void {
    this.socket.write(Buffer.concat(requests.map(([streamId, path]) => headers(streamId, path))));
  }

  /** Resolves once the frames are as they should be, or the connection is closed. */
  async until(isDone: (frames: readonly RawFrame[]) => boolean): Promise<readonly RawFrame[]> {
    while (!isDone(this.frames) && !this.socket.closed) {
      await moreOrClosed(this.socket);
    }
    return this.frames;
  }

  /** The streams that were answered to the end. */
  answered(): number[] {
    const isEnd = ({ type, flags }: RawFrame) =>
      (type === FRAME.data || type === FRAME.headers) && (flags & END_STREAM) > 0;
    return this.frames.filter(isEnd).map(({ streamId }) => streamId);
  }

  #read(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#received.readUIntBE(0, 3);
      if (this.#received.length < end) return;
      const [type = 0, flags = 0] = this.#received.subarray(3, 5);
      const streamId = this.#received.readUInt32BE(5);
      const payload = this.#received.subarray(HEADER_BYTES, end);
      this.#received = this.#received.subarray(end);
      this.frames.push({ type, flags, streamId, payload });
      if ((flags & ACK) > 0) continue;
      if (type === FRAME.settings) this.socket.write(frame(FRAME.settings, ACK, 0));
      if (type === FRAME.ping && this.answersPings) {
        this.socket.write(frame(FRAME.ping, ACK, 0, payload));
      }
    }
  }
}

function settings(windowBytes: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(INITIAL_WINDOW_SIZE);
  payload.writeUInt32BE(windowBytes, 2);
  return frame(FRAME.settings, 0, 0, payload);
}

/** A GET without a body. */
export function headers(streamId: number, path: string): Buffer {
  const fields = { ":method": "GET", ":scheme": "http", ":path": path, ":authority": "test" };
  const block = Object.entries(fields).map(([name, value]) => literal(name, value));
  return frame(FRAME.headers, END_STREAM | END_HEADERS, streamId, Buffer.concat(block));
}

/** A field without Huffman coding and index, of up to 126 characters each (RFC 7541, section 6.2.2). */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}
