/** Since 1972 the offset of a zone changes only at multiples of a quarter of an hour. */
const QUARTER_HOUR_MS = 900_000;

/** The offset at a moment, in seconds east of UTC. Errors: RangeError if the runtime writes the offset in another form. */
export function zoneOffsetSeconds(format: Intl.DateTimeFormat, atMs: number): number {
  const name = format.formatToParts(atMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const parts = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(name);
  if (parts === null) throw new RangeError(`no offset in ${name}`);
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = parts;
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === "-" ? -offset : offset;
}

/** The format that `zoneOffsetSeconds` reads. Errors: RangeError for a zone that the runtime does not know. */
export function offsetFormat(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
}

/** Until when the offset of a moment holds at least, in milliseconds of Unix time. */
export function offsetHoldsUntil(atMs: number): number {
  return Math.floor(atMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS + QUARTER_HOUR_MS;
}
