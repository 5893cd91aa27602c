import { holdsSecret } from "@geomesh/runtime/grpc/holds-secret";
import { expect, test } from "vitest";
import { publicOperations, SERVICES } from "./catalog.ts";

const OUTPUTS = publicOperations(SERVICES).map(({ method: { output } }) => output);

test("a response with a field that its contract marks holds a secret, and no other does", () => {
  const secret = OUTPUTS.filter(holdsSecret).map(({ name }) => name);
  expect(secret).toEqual(["CreateKeyResponse", "RotateKeyResponse"]);
});

test("no response has a field that sounds like a secret and is not marked", () => {
  const unmarked = OUTPUTS.flatMap((output) =>
    output.fields
      .filter(({ name }) => /secret|password|credential|private_key/.test(name))
      .filter(({ proto }) => proto.options?.debugRedact !== true)
      .map(({ name }) => `${output.name}.${name}`),
  );
  expect(unmarked).toEqual([]);
});
