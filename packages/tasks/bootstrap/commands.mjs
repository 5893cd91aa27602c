import { join } from "node:path";
import { modules, root } from "./paths.mjs";

const launcher = join(root, "packages/launcher/src");
const tasks = join(root, "packages/tasks/src");
const always = () => true;
const never = () => false;
const unlessElsewhere = (env) => !env.NATS_URL;

/**
 * What each npm script runs on the pinned Node, and whether it needs a nats-server on this machine. One that watches its
 * standard input ends when this process does.
 */
export const commands = {
  start: {
    argv: [join(launcher, "main.ts")],
    needsNats: unlessElsewhere,
    natsUrlHelps: true,
    watchesInput: true,
  },
  test: { argv: [join(modules, "vitest/vitest.mjs"), "run"], needsNats: always },
  bench: { argv: [join(root, "test/bench/main.ts")], needsNats: always },
  check: { argv: [join(tasks, "check/main.ts")], needsNats: never },
  generate: { argv: [join(root, "proto/scripts/generate.ts")], needsNats: never },
};
