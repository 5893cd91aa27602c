import { execFileSync } from "node:child_process";
import os from "node:os";
import process from "node:process";
import { findNatsServer } from "@geomesh/servers/nats";
import { findPostgres } from "@geomesh/servers/postgres-binaries";
import { nginxVersion } from "./targets/nginx.ts";

/** What the figures were measured on: machine and versions, one line each. */
export function machineLines(): string[] {
  const [cpu] = os.cpus();
  const nginx = nginxVersion();
  return [
    `machine: ${os.availableParallelism()} cores, ${cpu?.model}, ${os.type()} ${os.release()}, load ${os.loadavg()[0]?.toFixed(1)}`,
    `versions: ${[`Node ${process.version}`, natsVersion(), postgresVersion(), nginx ?? "no nginx with geoip2"].join("; ")}`,
  ];
}

function natsVersion(): string {
  const binary = findNatsServer(process.env["PATH"] ?? "");
  return binary === undefined ? "NATS elsewhere" : versionOf(binary);
}

function postgresVersion(): string {
  return versionOf(findPostgres(process.platform, process.arch).postgres);
}

const versionOf = (binary: string) =>
  execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
