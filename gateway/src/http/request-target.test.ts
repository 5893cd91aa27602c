import { expect, test } from "vitest";
import { splitTarget } from "./request-target.ts";

test.each([
  ["/a/b", "/a/b", ""],
  ["/a?b=c?d", "/a", "b=c?d"],
  ["/a?", "/a", ""],
  ["/?x", "/", "x"],
  ["http://host:8080/a?b", "/a", "b"],
  ["HTTPS://host/a", "/a", ""],
  ["http://host", "", ""],
  ["http://host?q", "", "q"],
  ["//host/a", "//host/a", ""],
  ["*", "*", ""],
])("%s", (target, path, query) => {
  expect(splitTarget(target)).toEqual({ path, query });
});
