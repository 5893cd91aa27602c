/** A bare `node:http` server that answers every request with the bytes in argv[2]: the yardstick for the gateway. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const body = Buffer.from(process.argv[2] ?? "");
const server = http.createServer((_request, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
