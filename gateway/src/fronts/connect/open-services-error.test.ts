import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { Health } from "@geomesh/proto/es/grpc/health/v1/health_pb";
import { expect, test } from "vitest";
import { addOpenServices } from "./open-services.ts";

test("the health of an unknown service is an error of the catalogue, like every other", async () => {
  const transport = createRouterTransport((router) =>
    addOpenServices(router, {
      descriptors: descriptorSetBytes(),
      services: [GeoService],
      isServing: () => true,
    }),
  );
  const refused = await createClient(Health, transport)
    .check({ service: "other" })
    .catch((error: unknown) => ConnectError.from(error));
  expect(refused).toMatchObject({ code: Code.NotFound, rawMessage: "the service is unknown" });
  const [info] = (refused as ConnectError).findDetails(ErrorInfoSchema);
  expect(info).toMatchObject({ reason: "NOT_FOUND", domain: "geomesh" });
});
