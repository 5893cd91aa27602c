import path from "node:path";

/** An environment, such as that of the process. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A variable of the environment: its name, how it is read, how it is documented, and whether it may be shown. */
export interface Setting<T> {
  readonly name: string;
  readonly isSecret: boolean;
  readonly described: Described;
  /** The value. Errors: one that says what is wrong with the text. */
  read(text: string | undefined): T;
}

/** A setting's cells in the tables of docs/operations.md, in Markdown. */
export interface Described {
  /** The default; `none` for an empty text, `required` where there is none. */
  readonly fallback: string;
  /** What is accepted; empty for any text. */
  readonly bounds: string;
}

/** Settings by the names of their values in a configuration. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

type Values<Shape> = { readonly [K in keyof Shape]: Shape[K] extends Setting<infer T> ? T : never };

/** Everything that is wrong with a configuration, one problem a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Reads settings from an environment. Errors: ConfigError with every mistake at once. */
export function readSettings<Shape extends Settings>(env: Env, shape: Shape): Values<Shape> {
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
  const shape = (config as { [SHAPE]?: Settings })[SHAPE] ?? {};
  return Object.entries(shape).map(([key, setting]) => {
    const value = (config as Record<string, unknown>)[key];
    return `${setting.name}=${setting.isSecret ? "[secret]" : String(value ?? "")}`;
  });
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

interface Definition<T> {
  readonly name: string;
  /** Without one the setting is required. */
  readonly fallback: T | undefined;
  readonly bounds?: string;
  readonly isSecret?: boolean;
  /** Errors: one that says what is wrong with the text. */
  readonly parse: (text: string) => T;
}

function define<T>({
  name,
  fallback,
  bounds = "",
  isSecret = false,
  parse,
}: Definition<T>): Setting<T> {
  const read = (text: string | undefined): T => {
    if (text !== undefined) return parse(text);
    if (fallback === undefined) throw new Error("is required");
    return fallback;
  };
  return { name, isSecret, described: { fallback: cellOf(fallback), bounds }, read };
}

/** A default as the table shows it: numbers as they are, texts as code. */
function cellOf(fallback: unknown): string {
  if (fallback === undefined) return "required";
  if (String(fallback) === "") return "none";
  if (typeof fallback === "boolean") return code(fallback ? "on" : "off");
  return typeof fallback === "number" ? `${fallback}` : code(`${fallback}`);
}

const code = (text: string) => `\`${text}\``;
const codes = (texts: readonly string[]) => texts.map(code).join(", ");

interface NumberKind extends Bounds {
  /** Follows "whole number" in the sentence about a mistake. */
  readonly unit?: string;
  readonly bounds?: string;
}

function wholeNumber(name: string, fallback: number | undefined, kind: NumberKind) {
  const { min, max, unit = "", bounds = `${grouped(min)} to ${grouped(max)}` } = kind;
  const parse = (text: string): number => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new Error(`must be a whole number${unit} from ${min} to ${max}, not "${text}"`);
  };
  return define({ name, fallback, bounds, parse });
}

const grouped = (value: number) => value.toLocaleString("en-US");

/** A size in the largest unit of which it is a whole number. */
function sizeOf(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = units.findLastIndex((_, index) => bytes % 1024 ** index === 0);
  return `${grouped(bytes / 1024 ** power)} ${units[power]}`;
}

interface ListKind {
  readonly what: string;
  /** What is wrong with an entry; `place` counts from 1. */
  readonly problem: (text: string, place: number) => string | undefined;
  /** Default is false. The problem of a secret entry must name its place, not its text. */
  readonly isSecret?: boolean;
}

interface TextKind {
  /** What is accepted, for the table; default is anything. */
  readonly bounds?: string;
  /** What is wrong with the text: the rest of a sentence that begins with the name. */
  readonly problem?: (text: string) => string | undefined;
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["on", true],
  ["off", false],
  ["true", true],
  ["false", false],
  ["1", true],
  ["0", false],
]);

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

/** Makes settings of each kind. Without a fallback a setting is required. */
export const setting = {
  /** A TCP port, 0 to 65535; 0 lets the system choose, where `min` allows it. */
  port: (name: string, fallback?: number, { min = 0 } = {}) =>
    wholeNumber(name, fallback, { min, max: 65_535, bounds: `${min} to 65535` }),
  /** A whole number within bounds, both inclusive. */
  integer: (name: string, fallback: number | undefined, { min, max }: Bounds) =>
    wholeNumber(name, fallback, { min, max }),
  /** A whole number within bounds, both inclusive, or a word instead of one. */
  integerOr: <Word extends string>(
    name: string,
    word: Word,
    fallback: number | undefined,
    { min, max }: Bounds,
  ): Setting<number | Word> => {
    const { read, described, ...defined } = wholeNumber(name, fallback, { min, max });
    return {
      ...defined,
      described: { ...described, bounds: `${described.bounds}, ${code(word)}` },
      read(text) {
        if (text === word) return word;
        try {
          return read(text);
        } catch (cause) {
          const { message } = cause as Error;
          throw new Error(message.replace(", not ", ` or ${word}, not `), { cause });
        }
      },
    };
  },
  /** A duration in milliseconds. */
  milliseconds: (name: string, fallback: number | undefined, { min, max }: Bounds) =>
    wholeNumber(name, fallback, { min, max, unit: " of milliseconds" }),
  /** A size in bytes. */
  bytes: (name: string, fallback: number | undefined, { min, max }: Bounds) =>
    wholeNumber(name, fallback, {
      min,
      max,
      unit: " of bytes",
      bounds: `${sizeOf(min)} to ${sizeOf(max)}`,
    }),
  /** Any text, or one in which `problem` finds nothing wrong. */
  text: (name: string, fallback?: string, { bounds = "", problem }: TextKind = {}) =>
    define({
      name,
      fallback,
      bounds,
      parse: (text) => {
        const found = problem?.(text);
        if (found !== undefined) throw new Error(found);
        return text;
      },
    }),
  /** A text that is never shown. */
  secretText: (name: string, fallback?: string) =>
    define({ name, fallback, isSecret: true, parse: (text) => text }),
  /** An absolute URL; never shown, as it may hold a password. */
  url: (name: string, fallback?: string, { protocols }: { protocols?: readonly string[] } = {}) =>
    define({
      name,
      fallback,
      bounds: protocols ? codes(protocols) : "a URL",
      isSecret: true,
      parse: (text) => parseUrl(text, protocols),
    }),
  /** One of the given texts. */
  choice: <T extends string>(name: string, fallback: T | undefined, choices: readonly T[]) =>
    define<T>({
      name,
      fallback,
      bounds: codes(choices),
      parse: (text) => {
        const chosen = choices.find((choice) => choice === text);
        if (chosen !== undefined) return chosen;
        throw new Error(`must be one of ${choices.join(", ")}, not "${text}"`);
      },
    }),
  /** on, off, true, false, 1 or 0. */
  flag: (name: string, fallback?: boolean) =>
    define({
      name,
      fallback,
      bounds: codes([...FLAGS.keys()]),
      parse: (text) => {
        const value = FLAGS.get(text.toLowerCase());
        if (value !== undefined) return value;
        throw new Error(`must be on or off, not "${text}"`);
      },
    }),
  /** A path, made absolute against the working directory. */
  path: (name: string, fallback?: string): Setting<string> => {
    const parse = (text: string) => path.resolve(text);
    const { described, ...defined } = define({ name, fallback, bounds: "a path", parse });
    const read = (text: string | undefined) => parse(defined.read(text));
    return { ...defined, described, read };
  },
  /** Texts between commas or spaces, none by default. `what` names them in the plural, `problem` says what is wrong with one. */
  list: (name: string, { what, problem, isSecret = false }: ListKind) =>
    define<readonly string[]>({
      name,
      fallback: [],
      bounds: `${what} between commas`,
      isSecret,
      parse: (text) => {
        const list = text.split(/[\s,]+/).filter((each) => each !== "");
        const problems = list.map((each, index) => problem(each, index + 1));
        const found = problems.find((each) => each !== undefined);
        if (found !== undefined) throw new Error(`must list ${what} between commas: ${found}`);
        return list;
      },
    }),
} as const;
