import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

/** A logger of JSON lines. */
export type Log = Logger;

const SECRETS = [
  "authorization",
  "x-api-key",
  "api_key",
  "apiKey",
  "secret",
  "password",
  "credential",
];
/** At the top level and in up to three levels of objects. */
const REDACTED_PATHS = SECRETS.flatMap((name) => {
  const quoted = `["${name}"]`;
  return [quoted, `*${quoted}`, `*.*${quoted}`, `*.*.*${quoted}`];
});

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

/** Makes a logger. Credentials that are logged by mistake are blanked, up to three levels deep. */
export function createLog(options: LogOptions): Log {
  const settings: LoggerOptions = {
    level: options.level ?? "info",
    base: { service: options.service, ...options.fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED_PATHS, censor: "[redacted]" },
  };
  return pino(settings, options.destination ?? pino.destination({ dest: 1, sync: true }));
}
