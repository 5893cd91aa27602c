import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy that can be cut, or frozen so that nothing passes, until it is mended. */
export interface CuttableProxy {
  /** The given URL with the address of the proxy. */
  url: string;
  /** Ends all connections and refuses new ones. */
  cut(): void;
  /** Holds back all bytes. Connections stay open, and new ones can be opened. */
  freeze(): void;
  /** Lets bytes pass and accepts connections again. */
  mend(): void;
  close(): void;
}

/** Starts a proxy in front of the server of a URL; of a `unix:` path it is a socket beside that one. */
export async function startCuttableProxy(serverUrl: string): Promise<CuttableProxy> {
  const url = new URL(serverUrl);
  const isUnix = url.protocol === "unix:";
  const server = isUnix ? { path: url.pathname } : { host: url.hostname, port: Number(url.port) };
  const own = isUnix ? { path: `${url.pathname}.proxy` } : { host: "127.0.0.1", port: 0 };
  const pairs = new Map<Socket, Socket>();
  let refusing = false;
  let frozen = false;

  const join = (from: Socket, to: Socket) => {
    pairs.set(from, to);
    if (!frozen) from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      pairs.delete(from);
      to.destroy();
    });
  };
  const listener = createServer((inner) => {
    if (refusing) {
      inner.destroy();
      return;
    }
    const outer = connect(server);
    join(inner, outer);
    join(outer, inner);
  }).listen(own);
  await once(listener, "listening");

  if (isUnix) url.pathname = `${url.pathname}.proxy`;
  else {
    url.hostname = "127.0.0.1";
    url.port = String((listener.address() as AddressInfo).port);
  }
  const cut = () => {
    refusing = true;
    for (const socket of pairs.keys()) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    freeze() {
      frozen = true;
      for (const [from, to] of pairs) from.unpipe(to);
    },
    mend() {
      refusing = false;
      frozen = false;
      for (const [from, to] of pairs) from.pipe(to);
    },
    close() {
      cut();
      listener.close();
    },
  };
}
