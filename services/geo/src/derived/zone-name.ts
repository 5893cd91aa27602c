import { ZONE_ABBREVIATIONS } from "./zone-abbreviations.ts";
import { ZONES_OF_COUNTRIES } from "./zone-countries.ts";

const NAMES_IN_LOWER_CASE: ReadonlyMap<string, string> = new Map(
  [...ZONE_ABBREVIATIONS.map(([, zones]) => zones), ...Object.values(ZONES_OF_COUNTRIES)]
    .flatMap((zones) => zones.split(" "))
    .map((name): [string, string] => [name.toLowerCase(), name]),
);

/** A zone's name as tzdata writes it, for a name in any case of letters; undefined for what is no zone, such as `+05:00`. */
export function zoneName(text: string): string | undefined {
  const lower = text.toLowerCase();
  return NAMES_IN_LOWER_CASE.get(lower) ?? runtimeName(lower);
}

/** A zone that the runtime knows by this very name: a newer one than those of the tables, or one of `Etc/GMT+1` and the like. */
function runtimeName(lower: string): string | undefined {
  if (!/^[a-z]/.test(lower)) return undefined;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: lower }).resolvedOptions();
    return timeZone.toLowerCase() === lower ? timeZone : undefined;
  } catch {
    return undefined;
  }
}
