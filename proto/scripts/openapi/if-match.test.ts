import { expect, test } from "vitest";
import { documentOfSample, operationNamed } from "./testing/contracts.ts";

test("a call that names the version which it changes may name it by If-Match", () => {
  const sample = documentOfSample(`
    service SampleService {
      rpc DeleteThing(DeleteThingRequest) returns (DeleteThingResponse) {
        option (google.api.http) = {delete: "/v1/things/{thing_id}"};
        option (geomesh.policy.v1.access) = {scope: ADMIN no_account: true};
      }
      rpc GetThing(GetThingRequest) returns (GetThingResponse) {
        option (google.api.http) = {get: "/v1/things/{thing_id}"};
        option (geomesh.policy.v1.access) = {scope: ADMIN no_account: true};
      }
    }
    message DeleteThingRequest { string thing_id = 1; string etag = 2; }
    message DeleteThingResponse {}
    message GetThingRequest { string thing_id = 1; repeated string etag = 2; }
    message GetThingResponse { string etag = 1; }`);
  const ifMatch = { $ref: "#/components/parameters/If-Match" };
  const changes = operationNamed(sample, "SampleService_DeleteThing");
  expect(changes.parameters).toContainEqual(ifMatch);
  expect(changes.responses["412"]).toEqual({ $ref: "#/components/responses/Error412" });
  const reads = operationNamed(sample, "SampleService_GetThing");
  expect(reads.parameters).not.toContainEqual(ifMatch);
  expect(reads.responses).not.toHaveProperty("412");
  // What no call refers to is no part of a document.
  expect(Object.keys(sample.components.parameters)).toEqual(["If-Match"]);
  expect(sample.components.responses).toHaveProperty("Error412");
});
