import { expect, test } from "vitest";
import { type Block, parseCidr } from "../address/cidr.ts";
import { ANYCAST_NETWORKS } from "./anycast-networks.ts";
import { defaultLists } from "./default-lists.ts";
import { FLAG_BITS } from "./flags.ts";
import { HOSTING_SYSTEMS } from "./hosting-systems.ts";
import { MOBILE_SYSTEMS } from "./mobile-systems.ts";
import { RELAY_NETWORKS, RELAY_SYSTEMS } from "./relay-networks.ts";
import { SATELLITE_SYSTEMS } from "./satellite-systems.ts";

type Row = readonly [key: number | string, holder: string, reason: string];

const SYSTEMS: readonly (readonly [name: string, rows: readonly Row[]])[] = [
  ["hosting", HOSTING_SYSTEMS],
  ["mobile", MOBILE_SYSTEMS],
  ["satellite", SATELLITE_SYSTEMS],
  ["relay", RELAY_SYSTEMS],
];
const NETWORKS: readonly (readonly [name: string, rows: readonly Row[]])[] = [
  ["relay", RELAY_NETWORKS],
  ["anycast", ANYCAST_NETWORKS],
];

test.each([...SYSTEMS, ...NETWORKS])(
  "each row of the table %s has a holder and a reason",
  (_, rows) => {
    for (const [key, holder, reason] of rows) {
      expect([key, holder.trim() === holder, holder.length > 1]).toEqual([key, true, true]);
      expect([key, reason.length > 2]).toEqual([key, true]);
    }
  },
);

test.each(SYSTEMS)("the systems of %s are numbers in order", (_, rows) => {
  const numbers = rows.map(([asn]) => asn as number);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  for (const number of numbers) expect(Number.isInteger(number) && number > 0).toBe(true);
});

test("no system is in two tables: servers, cells, satellites and relays exclude each other", () => {
  const numbers = SYSTEMS.flatMap(([, rows]) => rows.map(([asn]) => asn));
  expect(numbers.filter((asn, at) => numbers.indexOf(asn) !== at)).toEqual([]);
});

test("the networks of all tables are blocks that do not overlap", () => {
  const blocks = NETWORKS.flatMap(([, rows]) =>
    rows.map(([text]) => {
      const block = parseCidr(`${text}`);
      expect([text, block === undefined]).toEqual([text, false]);
      return { text, block: block as Block };
    }),
  );
  const overlap = (a: Block, b: Block) =>
    a.first.isIpv4 === b.first.isIpv4 &&
    a.first.compare(b.last) <= 0 &&
    b.first.compare(a.last) <= 0;
  const pairs = blocks.flatMap((a, at) =>
    blocks
      .slice(at + 1)
      .map((b) => ({ names: [a.text, b.text], isWrong: overlap(a.block, b.block) })),
  );
  expect(pairs.filter(({ isWrong }) => isWrong)).toEqual([]);
});

test.each([13335, 16625, 20940, 54113, 209242])(
  "the edges of delivery networks such as AS%i are not hosting",
  (asn) => {
    expect(defaultLists().systems.has(asn)).toBe(false);
  },
);

test.each([
  29447, 32613, 396190, 8069, 134963, 135629, 55960, 35994, 213120, 42708, 58061, 63023, 36459,
])("AS%i is hosting", (asn) => {
  expect(defaultLists().systems.get(asn)).toBe(FLAG_BITS.hosting);
});
