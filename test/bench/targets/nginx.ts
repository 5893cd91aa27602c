import { spawnSync } from "node:child_process";
import { accessSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@geomesh/testing/eventually";
import { freePort } from "@geomesh/testing/free-port";
import { startChild } from "../child.ts";
import type { LoadRequest } from "../load/plan.ts";
import type { ClosableTarget } from "./closable-target.ts";

/** Where Debian's package libnginx-mod-http-geoip2 has it. */
const MODULE = "/usr/lib/nginx/modules/ngx_http_geoip2_module.so";
/** Variable of the answer, and the path of its value in a record of the City file. */
const FIELDS = {
  city: "city names en",
  city_geoname_id: "city geoname_id",
  region: "subdivisions 0 names en",
  region_iso_code: "subdivisions 0 iso_code",
  region_geoname_id: "subdivisions 0 geoname_id",
  postal_code: "postal code",
  country: "country names en",
  country_code: "country iso_code",
  country_geoname_id: "country geoname_id",
  registered_country_code: "registered_country iso_code",
  continent: "continent names en",
  continent_code: "continent code",
  continent_geoname_id: "continent geoname_id",
  latitude: "location latitude",
  longitude: "location longitude",
  accuracy_radius_km: "location accuracy_radius",
  time_zone: "location time_zone",
} as const;

/** The version of an nginx with the module geoip2; undefined where it is not installed. */
export function nginxVersion(): string | undefined {
  try {
    accessSync(MODULE);
  } catch {
    return undefined;
  }
  const { stderr, status } = spawnSync("nginx", ["-v"], { encoding: "utf8" });
  return status === 0 ? stderr.trim().replace("nginx version: ", "") : undefined;
}

/** Starts an nginx with one worker that answers lookups from a City file: no keys, no limits, no usage. */
export async function startNginx(
  cityFile: string,
  requests: readonly LoadRequest[],
): Promise<ClosableTarget> {
  const dir = mkdtempSync(join(tmpdir(), "geomesh-nginx-"));
  const port = await freePort();
  const path = join(dir, "nginx.conf");
  writeFileSync(path, configuration({ dir, port, cityFile }));
  const child = startChild("nginx", ["-c", path, "-e", join(dir, "error.log")]);
  const url = `http://127.0.0.1:${port}${requests[0]?.path}`;
  await eventually(async () => (await fetch(url)).ok);
  return {
    name: "nginx",
    port,
    requests,
    pids: () => ({ nginx: child.pid }),
    async close() {
      await child.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface Configured {
  readonly dir: string;
  readonly port: number;
  readonly cityFile: string;
}

function configuration({ dir, port, cityFile }: Configured): string {
  const variables = Object.entries(FIELDS).map(
    ([name, record]) => `    $geo_${name} source=$address ${record};`,
  );
  const fields = Object.keys(FIELDS).map((name) => `"${name}":"$geo_${name}"`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `  ${name}_temp_path ${dir}/${name};`,
  );
  return `
load_module ${MODULE};
daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
${temporary.join("\n")}
  geoip2 ${cityFile} {
${variables.join("\n")}
  }
  server {
    listen 127.0.0.1:${port};
    location ~ ^/v1/locations/(?<address>[0-9a-f.:]+)$ {
      default_type application/json;
      return 200 '{"ip_address":"$address",${fields.join(",")}}';
    }
  }
}
`;
}
