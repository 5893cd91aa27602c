import { arrowsOf } from "./import-arrows.ts";
import type { Source } from "./sources.ts";

/** The rooms of the gateway from top to bottom, as its README lists them. A new room is added here. */
const ROOMS = [
  ...["main.ts", "role.ts", "service.ts", "upstreams.ts", "config.ts", "workers"],
  ...["fronts", "http", "telemetry", "rpc", "lookups", "transcode", "operations"],
  ...["quota", "usage", "rate", "keys"],
];
const HOUSE = "gateway/src/";

/** Imports of the gateway that run back up, and rooms that the order does not know. One line each. */
export function importOrder(sources: readonly Source[]): string[] {
  return arrowsOf(sources)
    .filter(({ from, to }) => from.startsWith(HOUSE) && to.startsWith(HOUSE))
    .flatMap(({ from, to }) => {
      const [above, below] = [roomOf(from), roomOf(to)];
      if (above < 0 || below < 0)
        return [`${above < 0 ? from : to} is in no room of import-order.ts`];
      return above > below ? [`${from} imports ${to}, which is above it`] : [];
    });
}

function roomOf(file: string): number {
  return ROOMS.indexOf(file.slice(HOUSE.length).split("/")[0] ?? "");
}
