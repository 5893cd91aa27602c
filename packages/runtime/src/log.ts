import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

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
const redact = SECRETS.flatMap((name) => {
  const quoted = `["${name}"]`;
  return [quoted, `*${quoted}`, `*.*${quoted}`, `*.*.*${quoted}`];
});

/** A logger of JSON lines. Credentials are blanked wherever one is logged by mistake, up to three levels deep. */
export function createLog(options: {
  service: string;
  level?: string;
  destination?: DestinationStream;
}): Log {
  const settings: LoggerOptions = {
    level: options.level ?? "info",
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: redact, censor: "[redacted]" },
  };
  return pino(settings, options.destination ?? pino.destination({ dest: 1, sync: true }));
}
