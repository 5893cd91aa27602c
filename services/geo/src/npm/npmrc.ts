import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Env } from "@geomesh/runtime/config";
import { parse } from "ini";

/** Where the configuration of npm stands. */
export interface NpmEnvironment {
  readonly env: Env;
  /** The directory of the user's `.npmrc`. */
  readonly home: string;
  /** The directory of the project's `.npmrc`. */
  readonly directory: string;
}

/** The options of npm by name; those that are lists have several texts. */
export type NpmOptions = ReadonlyMap<string, string | readonly string[]>;

const ENV_PREFIX = /^npm_config_/i;
const REFERENCE = /\$\{([^${}?]+)(\?)?\}/g;

/**
 * Reads what npm would: `npm_config_*` of the environment, then the `.npmrc` of the project, then that of the user, each before the
 * next. A file that is missing counts as empty. Format: https://docs.npmjs.com/cli/configuring-npm/npmrc. Errors: an Error for a file
 * that cannot be read.
 */
export async function readNpmOptions(where: NpmEnvironment): Promise<NpmOptions> {
  const { env, home, directory } = where;
  const fromEnv = optionsOfEnv(env);
  const pathOf = (name: string) => {
    const value = fromEnv.get(name);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const user = pathOf("userconfig") ?? join(home, ".npmrc");
  const project = join(pathOf("local-prefix") ?? directory, ".npmrc");
  const files = await Promise.all([user, project].map((path) => readNpmrc(path, env)));
  return new Map([...files.flatMap((options) => [...options]), ...fromEnv]);
}

function optionsOfEnv(env: Env): Map<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === "" || !ENV_PREFIX.test(name)) continue;
    const key = name.replace(ENV_PREFIX, "");
    // The names of credentials are taken as they are.
    const isPlain = key.startsWith("//");
    options.set(isPlain ? key : key.replace(/(?!^)_/g, "-").toLowerCase(), value);
  }
  return options;
}

async function readNpmrc(path: string, env: Env): Promise<NpmOptions> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return "";
    throw new Error(`npm's configuration ${path} cannot be read (${error.code})`);
  });
  const options = new Map<string, string | readonly string[]>();
  for (const [key, value] of Object.entries(parse(text))) {
    if (Array.isArray(value)) {
      options.set(
        key,
        value.map((each) => expand(String(each), env)),
      );
    } else if (typeof value !== "object") options.set(expand(key, env), expand(`${value}`, env));
  }
  return options;
}

/** Puts variables in place of `${NAME}`; one that is not set stays as it is written, or is empty as `${NAME?}`. */
function expand(text: string, env: Env): string {
  return text.replace(
    REFERENCE,
    (written: string, name: string, mark?: string) =>
      env[name] ?? (mark === undefined ? written : ""),
  );
}
