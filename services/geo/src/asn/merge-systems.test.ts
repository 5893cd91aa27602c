import fc from "fast-check";
import { expect, test } from "vitest";
import { Address } from "../address/address.ts";
import type { System, Systems } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { readAsnCsv } from "./asn-csv.ts";
import { mergeSystems } from "./merge-systems.ts";
import { decidingSource, NOBODY, NOTHING } from "./statements.ts";
import { SystemRanges } from "./system-ranges.ts";

function rangesOf(text: string): SystemRanges {
  const table = readAsnCsv([Buffer.from(text)]);
  return new SystemRanges(table, (record) => ({
    autonomousSystemNumber: table.numbers[record],
    autonomousSystemOrganization: table.organizations[record],
  }));
}

function merge(sources: readonly Systems[]): { merged: SystemRanges; pauses: number } {
  const pieces = mergeSystems(sources);
  for (let pauses = 0; ; pauses++) {
    const { done, value } = pieces.next();
    if (done) return { merged: value, pauses };
  }
}

function systemAt(ranges: SystemRanges, address: Address): System | undefined {
  const record = ranges.find(address);
  return record === NO_RECORD ? undefined : ranges.systems.read(record);
}

function addressAt(isIpv4: boolean, number: number): Address {
  const address = new Address();
  address.setIpv4(number);
  if (isIpv4) return address;
  address.isIpv4 = false;
  address.words.set([0x2a000000, 0, 0, number]);
  return address;
}

const SPACE = 24;
/** For each address of a small space what a source says: NOTHING, NOBODY, or one of three systems. */
const source: fc.Arbitrary<number[]> = fc.array(
  fc.constantFrom(NOTHING, NOBODY, 3320, 3215, 6830),
  {
    minLength: SPACE,
    maxLength: SPACE,
  },
);

function csvOf(said: readonly number[], isIpv4: boolean, name: string): string {
  const text = (i: number) => (isIpv4 ? `0.0.0.${i}` : `2a00::${i.toString(16)}`);
  const lines = said.flatMap((number, i) =>
    number === NOTHING ? [] : `${text(i)},${text(i)},${number},${name} ${number}`,
  );
  return lines.join("\n");
}

test.each([true, false])("every address has what its sources decide (IPv4: %s)", (isIpv4) => {
  fc.assert(
    fc.property(fc.array(source, { minLength: 1, maxLength: 5 }), (said) => {
      const files = said.map((one, i) => csvOf(one, isIpv4, `S${i}`));
      const counting = said.filter((one) => one.some((number) => number !== NOTHING));
      const { merged } = merge(files.map((text) => rangesOf(text).systems));
      for (let at = 0; at < SPACE; at++) {
        const statements = counting.map((one) => one[at] as number);
        const deciding = decidingSource(statements);
        const number = statements[deciding];
        const expected =
          number === undefined
            ? undefined
            : {
                autonomousSystemNumber: number,
                autonomousSystemOrganization: `S${said.indexOf(counting[deciding] as number[])} ${number}`,
              };
        expect(systemAt(merged, addressAt(isIpv4, at)), `${at}`).toEqual(expected);
      }
    }),
  );
});

test("the name is that of the first source which says the number, and has a name for it", () => {
  const first = rangesOf("1.0.0.0,1.0.0.255,3320,First\n2.0.0.0,2.0.0.255,3215,First");
  const second = rangesOf("1.0.0.0,1.0.0.255,6830,-\n2.0.0.0,2.0.0.255,3215,Second");
  const third = rangesOf("1.0.0.0,1.0.0.255,6830,Third\n2.0.0.0,2.0.0.255,3215,Third");
  const { merged } = merge([first.systems, second.systems, third.systems]);
  expect(systemAt(merged, addressAt(true, 0x01000001))).toEqual({
    autonomousSystemNumber: 6830,
    autonomousSystemOrganization: "Third",
  });
  expect(systemAt(merged, addressAt(true, 0x02000001))).toEqual({
    autonomousSystemNumber: 3215,
    autonomousSystemOrganization: "First",
  });
});

test("sources without an address of a family do not count in it", () => {
  const ipv4 = rangesOf("1.0.0.0,1.0.0.255,3320,a");
  const ipv6 = rangesOf("2a00::,2a00::ffff,6830,b");
  const { merged } = merge([ipv4.systems, ipv6.systems, ipv6.systems]);
  expect(systemAt(merged, addressAt(true, 0x01000001))?.autonomousSystemNumber).toBe(3320);
  expect(systemAt(merged, addressAt(false, 1))?.autonomousSystemNumber).toBe(6830);
});

test("neighbours with the same answer are one network, whatever the sources make of them", () => {
  const whole = rangesOf("1.0.0.0,1.0.1.255,3320,a");
  const halves = rangesOf("1.0.0.0,1.0.0.255,6830,b\n1.0.1.0,1.0.1.255,3215,c");
  const { merged } = merge([whole.systems, halves.systems]);
  merged.find(addressAt(true, 0x01000001));
  expect(merged.prefixLength).toBe(23);
});

test("a long merge pauses, and the pauses change nothing", () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => {
    const [b, c] = [i >> 8, i & 255];
    return `1.${b}.${c}.0,1.${b}.${c}.127,${1 + (i % 9)},x`;
  });
  const { merged, pauses } = merge([rangesOf(lines.join("\n")).systems, rangesOf("").systems]);
  expect(pauses).toBeGreaterThanOrEqual(9);
  const last = addressAt(true, 0x01000000 + 19_999 * 256);
  expect(systemAt(merged, last)?.autonomousSystemNumber).toBe(1 + (19_999 % 9));
});
