import { LookupFramesRequest } from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { Client, credentials } from "@grpc/grpc-js";

const METHOD = "/geomesh.geo.v1.GeoService/LookupFrames";
const FRAMES_UNDER_WAY = 8;
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const asIs = (bytes: Buffer): Buffer => bytes;

/**
 * Sends addresses over one stream in frames, at most 8 of them unanswered, and returns addresses a second. Answers are
 * received but not decoded: the subject is geo.
 */
export async function measureStream(
  port: number,
  addresses: readonly string[],
  frameSize: number,
): Promise<number> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
  });
  const frames = encodeFrames(addresses, frameSize);
  try {
    const start = performance.now();
    await exchange(client, frames);
    return addresses.length / ((performance.now() - start) / 1000);
  } finally {
    client.close();
  }
}

function exchange(client: Client, frames: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest(METHOD, asIs, asIs);
    let sent = 0;
    let answered = 0;
    const send = () => {
      const frame = frames[sent++];
      if (frame !== undefined) call.write(frame);
    };
    call.on("data", () => {
      answered++;
      if (answered === frames.length) call.end();
      else send();
    });
    call.on("error", reject);
    call.on("end", resolve);
    for (let i = 0; i < FRAMES_UNDER_WAY; i++) send();
  });
}

function encodeFrames(addresses: readonly string[], frameSize: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let start = 0; start < addresses.length; start += frameSize) {
    const ipAddresses = addresses.slice(start, start + frameSize);
    const request = { frameId: frames.length + 1, ipAddresses, language: "" };
    frames.push(Buffer.from(LookupFramesRequest.encode(request).finish()));
  }
  return frames;
}
