import { zoneNames } from "./zone-state.ts";

const NAMES_IN_LOWER_CASE: ReadonlyMap<string, string> = new Map(
  Array.from(zoneNames(), (name) => [name.toLowerCase(), name]),
);

/** A zone's name as tzdata writes it, for a name in any case of letters; undefined for what is no zone, such as `+05:00`. */
export function zoneName(text: string): string | undefined {
  return NAMES_IN_LOWER_CASE.get(text.toLowerCase());
}
