/**
 * What `npm start`, `stop`, `test`, `check`, `generate` and `bench` run first. Plain JavaScript without dependencies, so that
 * it runs on any Node >= 18 before anything is installed; it then hands over to the Node that the project pins.
 */
import { commands } from "./bootstrap/commands.mjs";
import { ensureDependencies } from "./bootstrap/dependencies.mjs";
import { ensureNatsServer } from "./bootstrap/nats-server.mjs";
import { findNode } from "./bootstrap/node.mjs";
import { ensurePages } from "./bootstrap/pages.mjs";
import { environmentFor, root } from "./bootstrap/paths.mjs";
import { endLike, runForeground } from "./bootstrap/run.mjs";
import { Interrupted, SetupError } from "./bootstrap/setup-error.mjs";

/** The status of a shell command that Ctrl-C ended. */
const interruptedStatus = 130;

async function main([name, ...args]) {
  const command = commands[name];
  if (command === undefined) {
    throw new SetupError(`Say one of: ${Object.keys(commands).join(", ")}.`);
  }
  if (command.help !== undefined && args.length > 0) return answerArguments(name, command, args);
  if (command.needsNats(process.env)) await ensureNatsServer(command.natsUrlHelps);
  await ensureDependencies(command);
  const node = findNode();
  if (command.needsPages) await ensurePages(node);
  return runForeground(node, [...command.argv, ...args], {
    cwd: root,
    env: {
      ...environmentFor(process.env),
      ...(command.watchesInput && { GEOMESH_SUPERVISED: "1" }),
    },
    stdio: [command.watchesInput ? "pipe" : "inherit", "inherit", "inherit"],
  });
}

function answerArguments(name, { help }, args) {
  if (!args.includes("--help") && !args.includes("-h")) {
    throw new SetupError(`npm ${name} takes no options, such as ${args[0]}.\n\n${help}`);
  }
  console.log(help);
  return { code: 0, signal: null };
}

try {
  endLike(await main(process.argv.slice(2)));
} catch (error) {
  if (error instanceof Interrupted) {
    // What it waited for may go on, but this command has ended.
    process.exit(interruptedStatus);
  }
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
