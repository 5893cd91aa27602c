import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createClientAddress } from "./client-address.ts";
import { forwardedHops, xForwardedForHops } from "./forwarded.ts";

const HIDDEN = undefined;

describe("Forwarded", () => {
  test.each<[why: string, header: string, hops: (string | undefined)[] | undefined]>([
    ["a token", "for=192.0.2.1", ["192.0.2.1"]],
    ["in any case, among others", "proto=https;FOR=192.0.2.1;by=_x", ["192.0.2.1"]],
    ["quoted", 'for="192.0.2.1"', ["192.0.2.1"]],
    ["a port", 'for="192.0.2.1:4711"', ["192.0.2.1"]],
    ["an obfuscated port", 'for="192.0.2.1:_gaz.o-nk"', ["192.0.2.1"]],
    ["IPv6", 'for="[2001:db8::1]"', ["2001:db8::1"]],
    ["IPv6 with a port", 'for="[2001:db8::1]:4711"', ["2001:db8::1"]],
    ["IPv6 with an obfuscated port", 'for="[2001:db8::1]:_x"', ["2001:db8::1"]],
    [
      "what many send without quotes",
      "for=[2001:db8::1]:80, for=192.0.2.1:80",
      ["2001:db8::1", "192.0.2.1"],
    ],
    ["an escaped character", 'for="19\\2.0.2.1"', ["192.0.2.1"]],
    ["unknown", "for=unknown", [HIDDEN]],
    ["an obfuscated node", "for=_hidden, for=_SEVKISEK", [HIDDEN, HIDDEN]],
    ["a hop without for among others", "for=192.0.2.1, proto=http", ["192.0.2.1", HIDDEN]],
    ["no for at all", "proto=https;by=_x, host=a", undefined],
    ["nothing", "", undefined],
    ["empty members", ", ,for=192.0.2.1,,", ["192.0.2.1"]],
    ["empty parameters", ";for=192.0.2.1; ;proto=http;", ["192.0.2.1"]],
    ["spaces", " for=192.0.2.1 ; proto=http ,\tfor=192.0.2.2", ["192.0.2.1", "192.0.2.2"]],
    ["a comma in quotes", 'for=81.2.69.142;host="x,for=1.2.3.4;a"', ["81.2.69.142"]],
    ["an escaped quote", 'for=81.2.69.142;host="x\\",for=1.2.3.4;a=\\""', ["81.2.69.142"]],
    ["an escaped backslash", 'host="\\\\";for=81.2.69.142', ["81.2.69.142"]],
    ["a name that ends like for", "xfor=1.2.3.4;for=81.2.69.142", ["81.2.69.142"]],
    ["for in a value", 'host="for=1.2.3.4"', undefined],
    ["IPv6 without brackets", 'for="2001:db8::1"', [HIDDEN]],
    ["IPv4 in brackets", 'for="[192.0.2.1]"', [HIDDEN]],
    ["a zone", 'for="[fe80::1%eth0]"', [HIDDEN]],
    ["a port that is too long", 'for="192.0.2.1:123456"', [HIDDEN]],
    ["something behind the port", 'for="192.0.2.1:80x"', [HIDDEN]],
    ["an address with zeros", "for=081.2.69.142", [HIDDEN]],
  ])("%s: %s", (_why, forwarded, hops) => {
    expect(forwardedHops({ forwarded })).toEqual(hops);
  });

  test.each([
    ["a quote that does not end", 'for=1.2.3.4, for="'],
    ["one that hides what a proxy added", 'for=1.2.3.4;x=", for=192.0.2.1'],
    ["one that meets the quotes of a proxy", 'for=1.2.3.4, x=", for="[2001:db8::1]"'],
    ["an escape at the end", 'for="1.2.3.4\\'],
    ["something behind a quote", 'for="1.2.3.4"5'],
    ["no value", "for="],
    ["no name", "=1.2.3.4"],
    ["a word alone", "192.0.2.1"],
    ["two in one element", "for=1.2.3.4;for=192.0.2.1"],
    ["another separator", "for=1.2.3.4 for=192.0.2.1"],
    ["spaces about the sign", "for = 1.2.3.4"],
  ])("nothing is believed of a malformed one: %s", (_why, forwarded) => {
    expect(forwardedHops({ forwarded })).toEqual([HIDDEN]);
  });
});

test.each<[why: string, header: string, hops: (string | undefined)[] | undefined]>([
  ["one", "192.0.2.1", ["192.0.2.1"]],
  ["IPv6, bare and in brackets", "2001:db8::1, [2001:db8::2]", ["2001:db8::1", "2001:db8::2"]],
  ["ports", "192.0.2.1:80,[2001:db8::2]:443", ["192.0.2.1", "2001:db8::2"]],
  ["an empty member at the end", "81.2.69.142,", ["81.2.69.142"]],
  ["empty members anywhere", ", ,192.0.2.1,,\t,192.0.2.2 ,", ["192.0.2.1", "192.0.2.2"]],
  ["nothing", " , ", undefined],
  ["what is no address", "192.0.2.1, unknown, _x, a b", ["192.0.2.1", HIDDEN, HIDDEN, HIDDEN]],
])("X-Forwarded-For, %s: %s", (_why, list, hops) => {
  expect(xForwardedForHops({ "x-forwarded-for": list })).toEqual(hops);
});

describe("whatever a client sends", () => {
  const PROXIES = ["10.0.0.1", "10.0.0.2", "2001:db8:ffff::3"];
  const CLIENT = "203.0.113.9";
  const read = createClientAddress(["10.0.0.0/8", "2001:db8:ffff::/48"]);

  const piece = fc.oneof(
    fc.constantFrom("for=", "For=", '"', "\\", '\\"', "[", "]", ":", ",", ";", "=", " ", "by=_x"),
    fc.constantFrom(
      "1.2.3.4",
      "::1",
      "10.9.9.9",
      "[2001:db8::7]",
      "unknown",
      "host=",
      "proto=http",
    ),
    fc.string({ unit: "grapheme-ascii", maxLength: 5 }),
  );
  const junk = fc.option(fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")));
  const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
  /** How a proxy writes a node: as RFC 7239 has it, with or without port and quotes. */
  const node = (address: string, port: string) =>
    address.includes(":") || port !== ""
      ? quoted(`${address.includes(":") ? `[${address}]` : address}${port}`)
      : address;

  /** One proxy's element; the host in it is whatever the client named. */
  const element = (address: string) =>
    fc.tuple(fc.constantFrom("", ":80", ":_x"), junk, fc.boolean()).map(([port, host, isLast]) => {
      const pairs = [`for=${node(address, port)}`];
      if (host !== null) pairs.splice(isLast ? 1 : 0, 0, `host=${quoted(host)}`);
      return pairs.join(";");
    });
  const chain = fc.integer({ min: 1, max: PROXIES.length }).chain((length) => {
    const named = [CLIENT, ...PROXIES.slice(0, length - 1)];
    return fc.record({
      nearest: fc.constant(PROXIES[length - 1] as string),
      elements: fc.tuple(...named.map(element)),
      list: fc.constant(named.join(", ")),
    });
  });
  const join = (sent: string | null, written: string) =>
    sent === null ? written : `${sent}, ${written}`;

  test("behind proxies that write Forwarded, the answer is the client or a proxy", () => {
    fc.assert(
      fc.property(chain, junk, junk, ({ nearest, elements }, sent, other) => {
        const address = read(nearest, {
          forwarded: join(sent, elements.join(", ")),
          ...(other !== null && { "x-forwarded-for": other }),
        });
        expect([CLIENT, ...PROXIES]).toContain(address);
        if (sent === null && other === null) expect(address).toBe(CLIENT);
      }),
      { numRuns: 5_000 },
    );
  });

  test("behind proxies that write X-Forwarded-For, the answer is the client or a proxy", () => {
    fc.assert(
      fc.property(chain, junk, junk, ({ nearest, list }, sent, other) => {
        const address = read(nearest, {
          "x-forwarded-for": join(sent, list),
          ...(other !== null && { forwarded: other }),
        });
        expect([CLIENT, ...PROXIES]).toContain(address);
        if (other === null) expect(address).toBe(CLIENT);
      }),
      { numRuns: 5_000 },
    );
  });
});
