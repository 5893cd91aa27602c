import { expect, test } from "vitest";
import { publicOperations, SERVICES } from "./catalog.ts";

test("an RPC without an http rule is not public, and every public one states its scope", () => {
  const operations = publicOperations(SERVICES);
  const names = operations.map(({ name }) => name);
  expect(names).toContain("GetLocation");
  for (const internal of ["LookupFrames", "StreamChanges", "AcquireLease", "ReleaseLeases"]) {
    expect(names).not.toContain(internal);
  }
  const scopes = new Set(operations.map(({ access }) => access.scope));
  expect(scopes).toEqual(new Set(["locations:read", "usage:read", "keys:write", "admin"]));
});

test("only what answers addresses is metered", () => {
  const metered = publicOperations(SERVICES).filter(({ access }) => access.metered);
  expect(metered.map(({ name }) => name)).toEqual(["GetLocation", "BatchGetLocations"]);
});
