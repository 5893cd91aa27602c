import { once } from "node:events";
import net from "node:net";

/** An HTTP/1.1 answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes over a new connection and returns all that comes back until it is closed. */
export async function sendRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("utf8");
  socket.on("data", (text) => {
    received += text;
  });
  // The other side may cut the connection before all is sent.
  socket.on("error", () => undefined);
  socket.write(bytes);
  await once(socket, "close");
  return received;
}

/** Parses HTTP/1.1 answers, each with a body of the length that it states. Errors: Error for a malformed one. */
export function parseAnswers(received: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = Buffer.from(received);
  while (rest.length > 0) {
    const end = rest.indexOf("\r\n\r\n");
    const [statusLine = "", ...lines] = rest.subarray(0, end).toString().split("\r\n");
    const [, status] = /^HTTP\/1\.1 (\d{3}) [\w ]+$/.exec(statusLine) ?? [];
    if (end < 0 || status === undefined) throw new Error(`malformed answer: ${rest}`);
    const headers = Object.fromEntries(lines.map(parseHeader));
    const bodyEnd = end + 4 + Number(headers["content-length"] ?? 0);
    if (rest.length < bodyEnd) throw new Error(`the body is cut off: ${rest}`);
    answers.push({ status: Number(status), headers, body: `${rest.subarray(end + 4, bodyEnd)}` });
    rest = rest.subarray(bodyEnd);
  }
  return answers;
}

function parseHeader(line: string): [name: string, value: string] {
  const [, name, value] = /^([\w-]+): (.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`malformed header: ${line}`);
  return [name.toLowerCase(), value];
}
