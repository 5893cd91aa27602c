import { expect, test } from "vitest";
import { baseUrlOf } from "./base-url.ts";

test.each([
  ["127.0.0.1", "http://127.0.0.1:8080", "the default"],
  ["0.0.0.0", "http://127.0.0.1:8080", "every address includes this machine's own"],
  ["::", "http://127.0.0.1:8080", "every address of both families as well"],
  ["::1", "http://[::1]:8080", "IPv6 stands in brackets"],
  ["api.example", "http://api.example:8080", "a name stays"],
])("a gateway on %s is reached at %s: %s", (host, url) => {
  expect(baseUrlOf(host, 8080)).toBe(url);
});
