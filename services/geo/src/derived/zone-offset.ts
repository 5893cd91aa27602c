/** Offsets change at multiples of this at the earliest, in every zone since 1972. */
const QUARTER_HOUR_MS = 900_000;

/** Seconds east of UTC in a zone at a moment. Throws RangeError for a zone that the runtime does not know. */
export function zoneOffsetSeconds(format: Intl.DateTimeFormat, atMs: number): number {
  const name = format.formatToParts(atMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const parts = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(name);
  if (parts === null) throw new RangeError(`no offset in ${name}`);
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = parts;
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === "-" ? -offset : offset;
}

export function offsetFormat(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
}

/** When an offset that holds at a moment has to be asked for again. */
export function offsetHoldsUntil(atMs: number): number {
  return Math.floor(atMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS + QUARTER_HOUR_MS;
}
