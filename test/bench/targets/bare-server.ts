/**
 * A bare `node:http` server that answers every request with the bytes of the file in argv[2], after the whole request has
 * come: the yardstick for the gateway. Prints its port.
 */
import { readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const body = readFileSync(process.argv[2] ?? "");
const headers = { "content-type": "application/json", "content-length": body.length };
const server = http.createServer((request, response) => {
  const answer = () => {
    response.writeHead(200, headers);
    response.end(body);
  };
  if (request.method === "GET") return answer();
  request.resume().once("end", answer);
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
