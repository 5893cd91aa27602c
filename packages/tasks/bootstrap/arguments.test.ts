import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const BOOTSTRAP = fileURLToPath(new URL("../bootstrap.mjs", import.meta.url));

function command(...args: string[]) {
  return spawnSync(process.execPath, [BOOTSTRAP, ...args], { encoding: "utf8" });
}

test.each(["--help", "-h"])(
  "npm start -- %s tells what there is to set, and starts nothing",
  (arg) => {
    const { status, stdout, stderr } = command("start", arg);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("GATEWAY_PORT=9000 npm start");
  },
);

test.each(["start", "stop"])("npm %s refuses options by name, with its help", (name) => {
  const { status, stdout, stderr } = command(name, "--port", "9000");
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(`npm ${name} takes no options, such as --port.`);
  expect(stderr).toContain("DATA_DIR");
});

test("a command that does not exist is told which do", () => {
  const { status, stderr } = command("serve");
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^Say one of: start, stop, test, /)]);
});
