import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { ConfigError, type Env } from "@geomesh/runtime/config";
import { AppError } from "@geomesh/runtime/errors";
import { readConfig } from "../config.ts";
import { RefusalError } from "../inspect/refusal-error.ts";
import { LineError } from "../operator-files/lines.ts";
import { readArguments, UsageError } from "./arguments.ts";
import { lookUp } from "./lookup.ts";
import { report } from "./report.ts";
import { verifyFile } from "./verify.ts";

const HELP = `Usage:
  lookup IP… [--explain]     where addresses are: a line of JSON for each; explained, a table
                             of its fields, and from which record, list or override each comes
  report [--out FILE] [--beside FILE.mmdb] [--json]
                             the quality of the data in service as a page (data-report.html in
                             GEO_DATA_DIR) or as JSON, beside another dataset if it is given one
  verify FILE [SERVING]      whether geo would serve the dataset file FILE, and why not; and
                             whether it may replace SERVING, the file that geo serves now
The settings of geo (GEO_DATASETS_DIR, GEO_SECURITY_DIR, GEO_OVERRIDES_FILE, GEO_DATA_DIR, …) say
what is looked up in; nothing else needs to run. See docs/operations.md.
Exit status: 0 done, 1 refused or wrong, 2 wrong usage.
`;

/** What a command works with. */
export interface CliDeps {
  readonly env: Env;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
}

type Command = (args: readonly string[], deps: Required<CliDeps>) => Promise<boolean>;

const COMMANDS: Readonly<Record<string, Command>> = { lookup, report: reportData, verify };

/** Runs a command, and answers the exit status: 0, 1 where something is wrong, or 2 where nothing such can be done; each is told. */
export async function runCommand(argv: readonly string[], deps: CliDeps): Promise<number> {
  const [name = "", ...args] = argv;
  if (argv.includes("--help")) {
    deps.write(HELP);
    return 0;
  }
  try {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined)
      throw new UsageError(`${name || "nothing"} is not a command; --help names them`);
    return (await command(args, { clock: SYSTEM_CLOCK, ...deps })) ? 0 : 1;
  } catch (error) {
    deps.complain(`${sentencesOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function lookup(args: readonly string[], deps: Required<CliDeps>): Promise<boolean> {
  const { operands, flags } = readArguments("lookup", args, { flags: ["--explain"] });
  if (operands.length === 0) throw new UsageError("lookup needs an address");
  return lookUp(operands, flags.has("--explain"), { ...deps, config: readConfig(deps.env) });
}

async function reportData(args: readonly string[], deps: Required<CliDeps>): Promise<boolean> {
  const options = { flags: ["--json"], values: ["--out", "--beside"] };
  const { operands, flags, values } = readArguments("report", args, options);
  if (operands.length > 0) throw new UsageError(`report takes no ${operands[0]}`);
  const [out, beside] = [values.get("--out"), values.get("--beside")];
  const isJson = flags.has("--json");
  await report({ out, beside, isJson }, { ...deps, config: readConfig(deps.env) });
  return true;
}

async function verify(args: readonly string[], deps: Required<CliDeps>): Promise<boolean> {
  const { operands } = readArguments("verify", args, {});
  const [file, serving, ...more] = operands;
  if (file === undefined) throw new UsageError("verify needs a file");
  if (more.length > 0) throw new UsageError("verify takes two files at most");
  const { isAccepted, lines } = await verifyFile(file, { clock: deps.clock, serving });
  deps.write(`${lines.join("\n")}\n`);
  return isAccepted;
}

/** Errors that are no sentence for people are thrown again. */
function sentencesOf(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.join("\n");
  if (error instanceof AppError) return error.publicMessage;
  if (error instanceof RefusalError) return error.message;
  if (error instanceof UsageError || error instanceof LineError) return error.message;
  if (error instanceof Error && "code" in error) return error.message;
  throw error;
}
