import { expect, test } from "vitest";
import { createCors, originProblem } from "./cors.ts";

test.each([
  "*",
  "https://app.example",
  "http://localhost:5173",
  "https://192.0.2.1:8443",
  "http://[2001:db8::1]:8080",
  "https://xn--bcher-kva.example",
  "capacitor://localhost",
  "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
])("%s may be allowed", (origin) => {
  expect(originProblem(origin)).toBeUndefined();
});

test.each([
  ["a path", "https://app.example/", "https://app.example)"],
  ["a longer path", "https://app.example/a?b", "https://app.example)"],
  ["capitals", "HTTPS://App.example", "https://app.example)"],
  ["the port that its scheme has anyway", "https://app.example:443", "https://app.example)"],
  ["a name that is not in ASCII", "https://bücher.example", "https://xn--bcher-kva.example)"],
  ["a user", "https://me@app.example", "https://app.example)"],
  ["a wildcard within", "https://*.app.example", undefined],
  ["no scheme", "app.example", undefined],
  ["no scheme, but a port", "localhost:5173", undefined],
  ["no host", "https://", undefined],
  ["an extension with a path", "chrome-extension://abc/", undefined],
  ["what pages without an origin send", "null", undefined],
  ["a file, which has no origin", "file://disk", undefined],
  ["a port that is none", "https://app.example:99999", undefined],
  ["a line break", "https://app.example\r\nx: y", undefined],
])("%s is no origin as browsers send it", (_why, origin, example) => {
  expect(originProblem(origin)).toMatch(/^".*" is not an origin as browsers send it/s);
  if (example !== undefined) expect(originProblem(origin)).toContain(example);
});

test("without origins answers have no headers, and nothing is a preflight", () => {
  const cors = createCors([]);
  const asked = ["origin", "https://app.example", "access-control-request-method", "GET"];
  expect(cors.answerHeaders({ rawHeaders: asked }, undefined)).toBeUndefined();
  expect(cors.preflightHeaders({ rawHeaders: asked })).toBeUndefined();
});
