import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { loggable } from "./log-value.ts";

/** A logger of JSON lines. */
export type Log = Logger;

/** Pino's numbers of levels. */
const [DEBUG_LEVEL, ERROR_LEVEL] = [20, 50];
const API_KEY = /\b(gm_(?:live|test)_)[0-9A-Za-z]+/g;

/** How a logger writes. */
export interface LogOptions {
  /** Named in every line. */
  readonly service: string;
  /** Also in every line; none by default. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** The least severe level that is written; default `info`. */
  readonly level?: string;
  /** Default is standard output. */
  readonly destination?: DestinationStream;
}

/**
 * Makes a logger. It takes any value, and blanks credentials that are logged by mistake: see `loggable`; API keys wherever they
 * stand. A stack is for faults: warnings and what is less have none, except in debug lines.
 */
export function createLog(options: LogOptions): Log {
  const settings: LoggerOptions = {
    level: options.level ?? "info",
    base: { service: options.service, ...options.fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: {
      streamWrite: withoutKeys,
      logMethod(args, method, level) {
        method.apply(this, plainArguments(args, level));
      },
    },
    // What the hook made is plain already.
    serializers: { err: (err) => err },
  };
  return pino(settings, options.destination ?? standardOutput());
}

type LogArguments = Parameters<Log["info"]>;

function plainArguments(args: LogArguments, level: number): LogArguments {
  const [entry, message, ...rest] = args as readonly unknown[];
  if (typeof entry !== "object" || entry === null) return args;
  const named = entry instanceof Error ? { err: entry } : entry;
  const stacks = level >= ERROR_LEVEL || level <= DEBUG_LEVEL;
  const said = message ?? (entry instanceof Error ? entry.message : undefined);
  const plain = loggable(named, { stacks }) as object;
  return (said === undefined ? [plain] : [plain, said, ...rest]) as unknown as LogArguments;
}

/** Standard output, which has whatever was written when `write` returns. */
export function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: true });
}

/** A line with the secret part of API keys blanked. */
export function withoutKeys(line: string): string {
  return line.includes("gm_") ? line.replace(API_KEY, "$1[redacted]") : line;
}
