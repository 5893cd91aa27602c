import { expect, test } from "vitest";
import { parsePath } from "./path.ts";

test.each([
  ["/v1/accounts", "/v1/accounts", []],
  [
    "/v1/accounts/{account_id}/keys/{key_id}",
    "/v1/accounts/{account_id}/keys/{key_id}",
    ["account_id", "key_id"],
  ],
  // An explicit pattern of one segment.
  ["/v1/keys/{key_id=*}", "/v1/keys/{key_id}", ["key_id"]],
  ["/v1/keys/{key_id}:revoke", "/v1/keys/{key_id}:revoke", ["key_id"]],
])("%s", (text, template, variables) => {
  expect(parsePath(text)).toEqual({ template, variables });
});

test.each([
  "/v1/*/keys",
  "/v1/{rest=**}",
  "/v1/{name=accounts/*}",
  // A path sets top-level fields.
  "/v1/{key.key_id}",
  "/v1/{}",
  "v1/keys",
])("%s has no OpenAPI form", (text) => {
  expect(() => parsePath(text)).toThrow(text);
});
