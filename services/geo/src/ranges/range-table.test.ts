import fc from "fast-check";
import { expect, test } from "vitest";
import { Address } from "../address/address.ts";
import { type Block, parseCidr } from "../address/cidr.ts";
import { addressFromText } from "../address/parse.ts";
import { formatAddress } from "../address/write.ts";
import { addressNumber } from "./address-number.ts";
import { NO_VALUE, RangeTable } from "./range-table.ts";

const bits = fc.constantFrom(0, 1, 2, 7, 8, 9, 15, 16, 24, 30, 31, 32);
const blocks = fc.array(
  fc.tuple(fc.constantFrom("10.0.0.0", "10.255.255.255", "255.255.255.255", "0.0.0.0"), bits),
  { maxLength: 8 },
);

function blockAround(text: string, prefixLength: number): Block {
  const address = addressFromText(text) as Address;
  address.mask(prefixLength);
  return parseCidr(`${formatAddress(address)}/${prefixLength}`) as Block;
}

test("the longest prefix wins, of equal ones the last, and the prefix told never crosses into another answer", () => {
  fc.assert(
    fc.property(blocks, fc.integer({ min: 0, max: 0xffffffff }), (list, value) => {
      const entries = list.map(([text, length], i) => ({
        block: blockAround(text, length),
        value: i,
      }));
      const table = RangeTable.fromBlocks(entries);
      const answer = (n: number) => {
        const address = new Address();
        address.setIpv4(n);
        return { address, value: table.value(table.find(address), address) };
      };
      const { address, value: found } = answer(value);
      const holding = entries
        .filter(({ block }) => contains(block, addressNumber(address)))
        .sort((a, b) => b.block.prefixLength - a.block.prefixLength || b.value - a.value);
      expect(found).toBe(holding[0]?.value ?? NO_VALUE);
      const prefixLength = table.prefixLength(table.find(address), address);
      const edge = new Address();
      edge.copyFrom(address);
      edge.mask(prefixLength);
      expect(answer(edge.words[3] as number).value).toBe(found);
      edge.fill(prefixLength);
      expect(answer(edge.words[3] as number).value).toBe(found);
    }),
    { numRuns: 3_000 },
  );
});

test("IPv6 blocks are told apart to the last bit", () => {
  const entries = ["2001:db8::/32", "2001:db8:0:1::/64", "::1/128", "ffff::/16"];
  const table = RangeTable.fromBlocks(
    entries.map((text, value) => ({ block: parseCidr(text) as Block, value })),
  );
  const look = (text: string) => {
    const address = addressFromText(text) as Address;
    const segment = table.find(address);
    return [table.value(segment, address), table.prefixLength(segment, address)];
  };
  expect(look("2001:db8::")).toEqual([0, 64]);
  expect(look("2001:db8:0:1::5")).toEqual([1, 64]);
  expect(look("2001:db8:0:2::")).toEqual([0, 63]);
  expect(look("::1")).toEqual([2, 128]);
  expect(look("::2")).toEqual([NO_VALUE, 127]);
  expect(look("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).toEqual([3, 16]);
});

function contains(block: Block, number: bigint): boolean {
  return addressNumber(block.first) <= number && number <= addressNumber(block.last);
}
