import { join } from "node:path";
import { modules, root } from "./paths.mjs";

const launcher = join(root, "packages/launcher/src");
const tasks = join(root, "packages/tasks/src");
const always = () => true;
const never = () => false;
const unlessElsewhere = (env) => !env.NATS_URL;
const withMesh = { needsNats: always, dev: true, needsPages: true };

const startHelp = `npm start runs the whole mesh on this machine until Ctrl-C.

It takes no options; settings come from the environment, such as
  GATEWAY_PORT=9000 npm start     the port of the API (8080)
  GATEWAY_HOST=0.0.0.0 npm start  the address that it listens on (127.0.0.1)
  DATA_DIR=/srv/geomesh npm start where data, keys and logs are (.data)
docs/operations.md lists all of them. npm stop ends it from another terminal.`;

const stopHelp = `npm stop ends the mesh that npm start runs with the same DATA_DIR (.data).`;

/**
 * What each npm script runs on the pinned Node, whether it needs a nats-server on this machine, and whether it needs the tools
 * for development or the pages of the gateway. One that watches its standard input ends when this process does. One with `help` takes no arguments.
 */
export const commands = {
  start: {
    argv: [join(launcher, "main.ts")],
    needsNats: unlessElsewhere,
    natsUrlHelps: true,
    dev: false,
    needsPages: true,
    watchesInput: true,
    help: startHelp,
  },
  stop: { argv: [join(launcher, "stop.ts")], needsNats: never, dev: false, help: stopHelp },
  test: { argv: [join(modules, "vitest/vitest.mjs"), "run"], ...withMesh },
  chaos: { argv: [join(root, "test/chaos/main.ts")], ...withMesh },
  compat: { argv: [join(root, "test/compat/main.ts")], ...withMesh },
  bench: { argv: [join(root, "test/bench/main.ts")], ...withMesh },
  check: { argv: [join(tasks, "check/main.ts")], needsNats: never, dev: true },
  "data-report": {
    argv: [join(root, "services/geo/src/cli/main.ts"), "report"],
    needsNats: never,
    dev: false,
  },
  zones: {
    argv: [join(root, "services/geo/scripts/generate-zone-tables.ts")],
    needsNats: never,
    dev: true,
  },
  generate: { argv: [join(root, "proto/scripts/generate.ts")], needsNats: never, dev: true },
};
