import path from "node:path";

export type Env = Readonly<Record<string, string | undefined>>;

/** A variable of the environment: its name, how it is read, and whether it may be shown. */
export interface Setting<T> {
  readonly name: string;
  readonly isSecret: boolean;
  /** Answers the value, or throws an Error that says what is wrong with it. */
  read(text: string | undefined): T;
}

type Values<Shape> = { readonly [K in keyof Shape]: Shape[K] extends Setting<infer T> ? T : never };

/** All that is wrong with a configuration, one problem a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Reads settings from an environment. Errors: ConfigError with every mistake at once. */
export function readSettings<Shape extends Record<string, Setting<unknown>>>(
  env: Env,
  shape: Shape,
): Values<Shape> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(shape)) {
    const text = env[setting.name]?.trim();
    try {
      values[key] = setting.read(text === "" ? undefined : text);
    } catch (error) {
      problems.push(`${setting.name} ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.defineProperty(values, SHAPE, { value: shape }) as Values<Shape>;
}

const SHAPE = Symbol("shape");

/** The configuration as `NAME=value` lines, with secrets masked. For `--check-config`. */
export function describeSettings(config: object): string[] {
  const shape = (config as { [SHAPE]?: Record<string, Setting<unknown>> })[SHAPE] ?? {};
  return Object.entries(shape).map(([key, setting]) => {
    const value = (config as Record<string, unknown>)[key];
    return `${setting.name}=${setting.isSecret ? "[secret]" : String(value ?? "")}`;
  });
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Without a default a setting is required. */
function define<T>(
  name: string,
  fallback: T | undefined,
  parse: (text: string) => T,
  isSecret = false,
): Setting<T> {
  const read = (text: string | undefined): T => {
    if (text !== undefined) return parse(text);
    if (fallback === undefined) throw new Error("is required");
    return fallback;
  };
  return { name, isSecret, read };
}

function wholeNumber({ min, max }: Bounds, unit = "") {
  return (text: string): number => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new Error(`must be a whole number${unit} from ${min} to ${max}, not "${text}"`);
  };
}

const FLAGS: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  "1": true,
  off: false,
  false: false,
  "0": false,
};

function parseUrl(text: string, protocols: readonly string[] | undefined): string {
  const url = URL.parse(text);
  // The text itself stays out of the message: a URL may hold a password.
  if (url === null) throw new Error("is not a URL");
  if (protocols && !protocols.includes(url.protocol)) {
    const wanted = protocols.map((protocol) => `${protocol}//`).join(" or ");
    throw new Error(`must start with ${wanted}, not ${url.protocol}//`);
  }
  return text;
}

export const setting = {
  /** A TCP port, 0 to 65535; 0 lets the system choose. */
  port: (name: string, fallback?: number) =>
    define(name, fallback, wholeNumber({ min: 0, max: 65_535 })),
  /** A whole number within bounds, both inclusive. */
  integer: (name: string, fallback: number | undefined, bounds: Bounds) =>
    define(name, fallback, wholeNumber(bounds)),
  /** A duration in milliseconds. */
  milliseconds: (name: string, fallback: number | undefined, bounds: Bounds) =>
    define(name, fallback, wholeNumber(bounds, " of milliseconds")),
  text: (name: string, fallback?: string) => define(name, fallback, (text) => text),
  /** A text that is never shown. */
  secretText: (name: string, fallback?: string) => define(name, fallback, (text) => text, true),
  /** An absolute URL; never shown, as it may hold a password. */
  url: (name: string, fallback?: string, options: { protocols?: readonly string[] } = {}) =>
    define(name, fallback, (text) => parseUrl(text, options.protocols), true),
  choice: <T extends string>(name: string, fallback: T | undefined, choices: readonly T[]) =>
    define<T>(name, fallback, (text) => {
      const chosen = choices.find((choice) => choice === text);
      if (chosen !== undefined) return chosen;
      throw new Error(`must be one of ${choices.join(", ")}, not "${text}"`);
    }),
  /** on, off, true, false, 1 or 0. */
  flag: (name: string, fallback?: boolean) =>
    define(name, fallback, (text) => {
      const value = FLAGS[text.toLowerCase()];
      if (value !== undefined) return value;
      throw new Error(`must be on or off, not "${text}"`);
    }),
  /** A path, made absolute against the working directory. */
  path: (name: string, fallback?: string) =>
    define(name, fallback === undefined ? undefined : path.resolve(fallback), (text) =>
      path.resolve(text),
    ),
} as const;
