/**
 * A gateway of the usual way: a Connect handler that calls three services for each request, one after the other. argv: the
 * addresses of the key, quota and geo services. Prints its port.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { MeteringService } from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { createEsClient } from "@geomesh/runtime/grpc/client";

const SCOPE = "locations:read";
const DEADLINE_MS = 5_000;

const [auth = "", metering = "", geo = ""] = process.argv.slice(2);
const options = (address: string) => ({ address, deadlineMs: DEADLINE_MS });
const keys = createEsClient(AuthService, options(auth));
const quotas = createEsClient(MeteringService, options(metering));
const locations = createEsClient(GeoService, options(geo));

const handler = connectNodeAdapter({
  routes: (router) =>
    router.service(GeoService, {
      async getLocation(request, { requestHeader }) {
        const secret = requestHeader.get("authorization")?.replace(/^Bearer /, "") ?? "";
        const { key } = await keys.getKey({ accountId: "-", keyId: secret });
        if (!key?.scopes.includes(SCOPE)) throw new ConnectError(SCOPE, Code.PermissionDenied);
        const { quota } = await quotas.getQuota({ accountId: key.accountId });
        if (!quota?.remaining) throw new ConnectError("quota", Code.ResourceExhausted);
        return locations.getLocation(request);
      },
    }),
});
const server = http.createServer(handler);
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
