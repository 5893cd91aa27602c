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
