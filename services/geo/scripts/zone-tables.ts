import { COVERED_SECONDS, CompiledZone, type Zoneinfo } from "./zoneinfo.ts";

/** What `src/derived/zone-histories.ts` holds: three texts that `ZoneClock` reads, and the zones that they are of. */
export type History = [offsets: string, order: string, changes: string, zones: string];

/** The histories of all zones, those that are the same put together. */
export function historiesOf({ zones }: Zoneinfo): History[] {
  const groups = new Map<string, [history: readonly string[], names: string[]]>();
  for (const [name, base64] of Object.entries(zones)) {
    const history = historyOf(new CompiledZone(base64), COVERED_SECONDS.from);
    const group = groups.get(String(history));
    if (group === undefined) groups.set(String(history), [history, [name]]);
    else group[1].push(name);
  }
  return Array.from(
    groups.values(),
    ([history, names]) => [...history, names.join(" ")] as History,
  );
}

/** The zones of each country in the order of `zone.tab`, which puts those of most people first. */
export function zonesOfCountries({ zoneTab }: Zoneinfo): Record<string, string> {
  const countries = new Map<string, string[]>();
  for (const line of zoneTab.split("\n")) {
    const [code = "", , zone] = line.split("\t");
    if (!/^[A-Z]{2}$/.test(code) || zone === undefined) continue;
    countries.set(code, [...(countries.get(code) ?? []), zone]);
  }
  const sorted = [...countries].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([code, zones]) => [code, zones.join(" ")]));
}

/** Countries with several zones whose clocks show the same from the beginning of the year of the version on. */
export function countriesOfOneTime(zoneinfo: Zoneinfo): string {
  const fromSeconds = Date.UTC(Number.parseInt(zoneinfo.version, 10)) / 1000;
  const historyFrom = (name: string) =>
    String(historyOf(new CompiledZone(zoneinfo.zones[name] as string), fromSeconds));
  const ofOneTime = Object.entries(zonesOfCountries(zoneinfo)).filter(([, text]) => {
    const names = text.split(" ");
    return names.length > 1 && new Set(names.map(historyFrom)).size === 1;
  });
  return ofOneTime.map(([code]) => code).join(" ");
}

/** The three texts of a history from a second on: kinds of offsets, their order, and the seconds between changes. */
function historyOf(zone: CompiledZone, fromSeconds: number): [string, string, string] {
  const offsets: string[] = [];
  const numberAt = (seconds: number) => {
    const { abbreviation, offsetSeconds, isDst } = zone.at(seconds);
    const text = `${abbreviation} ${offsetSeconds}${isDst ? " dst" : ""}`;
    if (!offsets.includes(text)) offsets.push(text);
    return offsets.indexOf(text);
  };
  const order = [numberAt(fromSeconds)];
  const changes: string[] = [];
  let before = fromSeconds;
  for (const change of zone.changes) {
    const isCovered = change > fromSeconds && change < COVERED_SECONDS.until;
    if (!isCovered || numberAt(change) === order.at(-1)) continue;
    order.push(numberAt(change));
    changes.push((change - before).toString(36));
    before = change;
  }
  const digits = order.map((number) => number.toString(36)).join("");
  return [offsets.join(","), digits, changes.join(" ")];
}
