import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import tls from "node:tls";
import { createAuthority } from "@geomesh/servers/certificates";

/** A door by TLS to a server in cleartext. */
export interface TlsDoor {
  /** As its certificate names it, with the port. */
  readonly host: string;
  /** Who vouches for it, in PEM. */
  readonly authority: string;
  close(): Promise<void>;
}

/** Opens a door to a port of this machine, for clients that speak TLS alone and check whom they speak to. */
export async function openTlsDoor(port: number): Promise<TlsDoor> {
  const authority = createAuthority("Test authority");
  const clients = new Set<tls.TLSSocket>();
  const server = tls.createServer(authority.issue("localhost"), (client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    const upstream = connect(port, "127.0.0.1");
    // A side that leaves in the middle ends the other, and is no failure here.
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    authority: authority.cert,
    async close() {
      server.close();
      for (const client of clients) client.destroy();
      await once(server, "close");
    },
  };
}
