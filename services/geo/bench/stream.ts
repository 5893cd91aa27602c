import {
  LookupFramesRequest,
  LookupServiceService,
} from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { Client, credentials } from "@grpc/grpc-js";

const METHOD = LookupServiceService.lookupFrames.path;
const FRAMES_UNDER_WAY = 8;
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const asIs = (bytes: Buffer): Buffer => bytes;

/** How addresses are sent. */
export interface StreamOptions {
  /** Addresses of a frame. */
  readonly frameSize: number;
  /** As in LookupFramesRequest: 0 for plain answers. */
  readonly partsMax: number;
  /** Window of HTTP/2 for a stream and for the connection, in bytes; default is that of Node.js, 65,535. */
  readonly windowBytes?: number;
}

/** What one stream took. */
export interface StreamCost {
  /** Addresses a second. */
  readonly rate: number;
  /** Bytes of answers for each address. */
  readonly answerBytes: number;
}

/**
 * Sends addresses over one stream in frames, at most 8 of them unanswered. Answers are received but not decoded: the subject
 * is geo.
 */
export async function measureStream(
  port: number,
  addresses: readonly string[],
  { frameSize, partsMax, windowBytes }: StreamOptions,
): Promise<StreamCost> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
    ...(windowBytes === undefined ? {} : { "grpc-node.flow_control_window": windowBytes }),
  });
  const frames = encodeFrames(addresses, frameSize, partsMax);
  try {
    const start = performance.now();
    const bytes = await exchange(client, frames);
    const rate = addresses.length / ((performance.now() - start) / 1000);
    return { rate, answerBytes: bytes / addresses.length };
  } finally {
    client.close();
  }
}

/** Bytes of all answers. */
function exchange(client: Client, frames: readonly Buffer[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest(METHOD, asIs, asIs);
    let sent = 0;
    let answered = 0;
    let bytes = 0;
    const send = () => {
      const frame = frames[sent++];
      if (frame !== undefined) call.write(frame);
    };
    call.on("data", (answer: Buffer) => {
      bytes += answer.length;
      answered++;
      if (answered === frames.length) call.end();
      else send();
    });
    call.on("error", reject);
    call.on("end", () => resolve(bytes));
    for (let i = 0; i < FRAMES_UNDER_WAY; i++) send();
  });
}

function encodeFrames(addresses: readonly string[], frameSize: number, partsMax: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let start = 0; start < addresses.length; start += frameSize) {
    const ipAddresses = addresses.slice(start, start + frameSize);
    const request = {
      frameId: frames.length + 1,
      ipAddresses,
      language: "",
      partsMax,
      withNames: false,
    };
    frames.push(Buffer.from(LookupFramesRequest.encode(request).finish()));
  }
  return frames;
}
