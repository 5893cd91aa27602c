import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { loggable } from "./log-value.ts";

/** A logger of JSON lines. */
export type Log = Logger;

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

/** Makes a logger. It takes any value, and blanks credentials that are logged by mistake: see `loggable`; API keys wherever they stand. */
export function createLog(options: LogOptions): Log {
  const settings: LoggerOptions = {
    level: options.level ?? "info",
    base: { service: options.service, ...options.fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: (entry) => loggable(entry) as Record<string, unknown> },
    hooks: {
      streamWrite: withoutKeys,
    },
    // What the formatter made is plain already.
    serializers: { err: (err) => err },
  };
  return pino(settings, options.destination ?? standardOutput());
}

/** Standard output, which has whatever was written when `write` returns. */
export function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: true });
}

/** A line with the secret part of API keys blanked. */
export function withoutKeys(line: string): string {
  return line.includes("gm_") ? line.replace(API_KEY, "$1[redacted]") : line;
}
