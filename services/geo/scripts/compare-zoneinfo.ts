// Compares the tables of time zones with compiled zones of this machine, at 2,000 moments and around every change, and lists the
// zones that differ: node services/geo/scripts/compare-zoneinfo.ts [/usr/share/zoneinfo]
// They must list their changes until 2037, as those of Debian do (`zic -b fat`).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zoneNames } from "../src/derived/zone-state.ts";
import { differences, secondsAround, seededSeconds } from "./zone-differences.ts";
import { CompiledZone } from "./zoneinfo.ts";

const [directory = "/usr/share/zoneinfo"] = process.argv.slice(2);
const SECONDS = seededSeconds(2_000, 2_463_534_242);
let compared = 0;
let differing = 0;
for (const name of zoneNames()) {
  const zone = new CompiledZone(readFileSync(join(directory, name), "base64"));
  const seconds = [...SECONDS, ...secondsAround(zone.changes)];
  const found = differences(name, seconds.sort(), (second) => zone.at(second));
  compared += seconds.length;
  differing += found.length;
  if (found.length > 0) process.stdout.write(`${found.length} of ${found[0]}\n`);
}
process.stdout.write(`${compared} compared, ${differing} differ\n`);
