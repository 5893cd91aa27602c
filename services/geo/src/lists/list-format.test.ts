import { expect, test } from "vitest";
import { entriesOf, type ListFormat, parseJsonPath } from "./list-format.ts";

const lines: ListFormat = { kind: "lines" };
const csv = (column: number | string): ListFormat => ({ kind: "csv", column });
const json = (...paths: string[]): ListFormat => ({
  kind: "json",
  paths: paths.map((path) => parseJsonPath(path) ?? []),
});

const AWS = JSON.stringify({
  syncToken: "1",
  prefixes: [
    { ip_prefix: "3.5.140.0/22", region: "ap-northeast-2" },
    { ip_prefix: "15.181.232.0/21" },
  ],
  ipv6_prefixes: [{ ipv6_prefix: "2600:1f01::/32" }],
});
const GOOGLE = JSON.stringify({
  prefixes: [{ ipv4Prefix: "34.1.208.0/20" }, { ipv6Prefix: "2600:1900:8000::/44" }],
});
const AZURE = JSON.stringify({
  values: [
    { properties: { addressPrefixes: ["4.145.74.52/30"] } },
    { properties: { addressPrefixes: ["4.149.254.68/30", "2603:1000::/47"] } },
  ],
});

test.each<[what: string, text: string, format: ListFormat, entries: string[]]>([
  ["one entry a line", "1.2.3.4\r\n5.6.7.8\n", lines, ["1.2.3.4", "5.6.7.8"]],
  [
    "comments of every kind",
    "\ufeff# a\n1.2.3.4 ; SBL1\n; b\n5.6.7.8\t# c\n\n",
    lines,
    ["1.2.3.4", "5.6.7.8"],
  ],
  ["the first column of Apple's", "1.2.3.0/27,GB,GB-EN,London,\n", csv(1), ["1.2.3.0/27"]],
  ["a column by its name", 'name,prefix\n"a, b",1.2.3.4\n', csv("prefix"), ["1.2.3.4"]],
  ["a quoted column", 'x,"1.2.3.4"\n', csv(2), ["1.2.3.4"]],
  ["an empty first column", ",1.2.3.4\n", csv(2), ["1.2.3.4"]],
  [
    "Amazon's JSON",
    AWS,
    json("prefixes[].ip_prefix", "ipv6_prefixes[].ipv6_prefix"),
    ["3.5.140.0/22", "15.181.232.0/21", "2600:1f01::/32"],
  ],
  [
    "Google's JSON, whose elements have one member or the other",
    GOOGLE,
    json("prefixes[].ipv4Prefix", "prefixes[].ipv6Prefix"),
    ["34.1.208.0/20", "2600:1900:8000::/44"],
  ],
  [
    "Microsoft's JSON, with lists in lists",
    AZURE,
    json("values[].properties.addressPrefixes[]"),
    ["4.145.74.52/30", "4.149.254.68/30", "2603:1000::/47"],
  ],
  ["JSON with a byte order mark", '\ufeff{"a":["1.2.3.4"]}', json("a[]"), ["1.2.3.4"]],
  ["lines of the old Macintosh", "1.2.3.4\r5.6.7.8\r", lines, ["1.2.3.4", "5.6.7.8"]],
  ["numbers of systems", '{"asns":[64500]}', json("asns[]"), ["64500"]],
])("entries are read from %s", (_, text, format, entries) => {
  expect(entriesOf(text, format).map((entry) => entry.text)).toEqual(entries);
});

test.each<[what: string, text: string, format: ListFormat, problem: RegExp]>([
  ["a page instead of JSON", "<html>", json("a[]"), /^the list is not JSON$/],
  ["a member that was renamed", AWS, json("prefixes[].ip_prefix", "v6[].x"), /nothing at v6\[\].x/],
  ["a member of the prototype", "{}", json("constructor"), /nothing at constructor/],
  ["a column that was renamed", "a,b\n1,2\n", csv("prefix"), /no column prefix/],
])("%s is refused", (_, text, format, problem) => {
  expect(() => entriesOf(text, format)).toThrow(problem);
});
