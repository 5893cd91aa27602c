import { expect, test } from "vitest";
import type { Address } from "../address/address.ts";
import { addressFromText } from "../address/parse.ts";
import { RangeTable } from "../ranges/range-table.ts";
import { type AsnTable, readAsnCsv } from "./asn-csv.ts";

function lookUp(table: AsnTable, text: string) {
  const address = addressFromText(text) as Address;
  const ranges = new RangeTable(table.ipv4, table.ipv6);
  const segment = ranges.find(address);
  const index = ranges.value(segment, address);
  const prefixLength = ranges.prefixLength(segment, address);
  return [table.numbers[index], table.organizations[index], prefixLength];
}

const text = Buffer.from(
  [
    '1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."',
    '1.0.4.0,1.0.7.255,38803,LLC ""SPUTNIK""',
    "2.0.0.0,2.0.0.127,6450,Left",
    '2.0.0.128,2.0.0.255,6451,"LLC ""SPUTNIK"""',
    "",
  ].join("\n"),
);

test("addresses inside ranges have their system, those between have none", () => {
  const table = readAsnCsv([text]);
  expect(lookUp(table, "1.0.0.255")).toEqual([13335, "Cloudflare, Inc.", 24]);
  expect(lookUp(table, "1.0.1.0")).toEqual([undefined, undefined, 24]);
  expect(lookUp(table, "1.0.3.0")).toEqual([undefined, undefined, 23]);
  expect(lookUp(table, "2.0.0.128")).toEqual([6451, 'LLC "SPUTNIK"', 25]);
  expect(lookUp(table, "2001:db8::1")).toEqual([undefined, undefined, 0]);
});

test("decimal and textual files say the same", () => {
  const decimal = Buffer.from("16777216,16777471,13335,Cloudflare\r\n");
  const ipv6 = Buffer.from(
    "42540488161975842760550356425300246528,42540488241204005274814694018844196863,6939,HE",
  );
  const table = readAsnCsv([decimal, ipv6]);
  expect(lookUp(table, "1.0.0.1")).toEqual([13335, "Cloudflare", 24]);
  expect(lookUp(table, "2001::1")).toEqual([6939, "HE", 32]);
});

test("of overlapping ranges the one that starts later wins, and the outer one continues after it", () => {
  const table = readAsnCsv([
    Buffer.from(
      "10.0.0.0,10.0.0.255,1,outer\n10.0.0.64,10.0.0.127,2,inner\n10.0.0.192,10.0.1.255,3,across",
    ),
  ]);
  expect(
    ["10.0.0.63", "10.0.0.64", "10.0.0.128", "10.0.0.192", "10.0.1.0"].map(
      (ip) => lookUp(table, ip)[0],
    ),
  ).toEqual([1, 2, 1, 3, 3]);
});

test("a range may end with the last address of its family", () => {
  const table = readAsnCsv([
    Buffer.from("240.0.0.0,255.255.255.255,9,end"),
    Buffer.from("ffff::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,8,end"),
  ]);
  expect(lookUp(table, "255.255.255.255")).toEqual([9, "end", 4]);
  expect(lookUp(table, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).toEqual([8, "end", 16]);
});

test.each([
  ["1.0.0.0,1.0.0.255,13335", "three fields"],
  ["1.0.0,1.0.0.255,13335,x", "a partial address"],
  ["1.0.0.0,2001::,13335,x", "mixed families"],
  ["1.0.0.0,0.255.0.0,13335,x", "an end before the start"],
  ["1.0.0.0,1.0.0.255,AS13335,x", "an invalid AS number"],
  ["1.0.0.0,1.0.0.255,4294967296,x", "an AS number above 2^32 - 1"],
  ["9.0.0.0,9.0.0.1,1,x\n1.0.0.0,1.0.0.1,2,y", "ranges out of order"],
])("%j is refused with its line number: %s", (bad) => {
  expect(() => readAsnCsv([Buffer.from(`0.0.0.1,0.0.0.2,7,ok\n${bad}`)])).toThrow(/^line [23]: /);
});
