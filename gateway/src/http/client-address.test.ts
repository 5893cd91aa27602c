import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressHeaderProblem, cidrProblem, createClientAddress } from "./client-address.ts";

const PROXY = "10.0.0.1";
const behindProxy = createClientAddress(["10.0.0.0/8", "2001:db8:ffff::/48"]);
const xff = (list: string) => ({ "x-forwarded-for": list });

test("without trusted proxies the headers are ignored", () => {
  const read = createClientAddress([]);
  expect(read("192.0.2.1", { ...xff("198.51.100.1"), forwarded: "for=198.51.100.1" })).toBe(
    "192.0.2.1",
  );
});

test.each([
  ["IPv4 in IPv6", "::ffff:192.0.2.1", "192.0.2.1"],
  ["a zone", "fe80::1%eth0", "fe80::1"],
  ["a socket that is gone", "", ""],
])("the socket's address is in canonical form: %s", (_why, socket, address) => {
  expect(createClientAddress([])(socket, {})).toBe(address);
  expect(behindProxy(socket, {})).toBe(address);
});

describe("behind trusted proxies", () => {
  test.each([
    ["one hop", xff("198.51.100.1"), "198.51.100.1"],
    [
      "what stands left of an untrusted hop may be invented",
      xff("1.1.1.1, 198.51.100.1"),
      "198.51.100.1",
    ],
    ["trusted hops are passed over", xff("198.51.100.1, 10.9.9.9"), "198.51.100.1"],
    ["only trusted hops: the farthest", xff("10.1.1.1, 10.2.2.2"), "10.1.1.1"],
    ["a hop that is not an address ends the walk", xff("198.51.100.1, unknown"), "10.0.0.1"],
    ["a hop with a zone is not an address", xff("fe80::1%eth0"), "10.0.0.1"],
    ["an empty header", xff(""), "10.0.0.1"],
    ["a port", xff("198.51.100.1:1234"), "198.51.100.1"],
    ["IPv6 with brackets and port", xff("[2001:DB8:0::1]:443"), "2001:db8::1"],
    ["IPv4 in IPv6", xff("::ffff:c633:6401"), "198.51.100.1"],
    ["Forwarded", { forwarded: "for=198.51.100.1;proto=https" }, "198.51.100.1"],
    ["Forwarded, quoted", { forwarded: 'proto=http;For="[2001:db8::1]:80"' }, "2001:db8::1"],
    [
      "Forwarded, two hops",
      { forwarded: "for=1.1.1.1, for=198.51.100.1, for=10.3.3.3" },
      "198.51.100.1",
    ],
    ["an empty member at the end", xff("198.51.100.1,"), "198.51.100.1"],
    [
      "a Forwarded that tells nothing of the client",
      { ...xff("8.8.8.8"), forwarded: "proto=https" },
      "8.8.8.8",
    ],
    [
      "a Forwarded that cannot be read is no reason to believe the other",
      { ...xff("1.1.1.1"), forwarded: 'for="' },
      "10.0.0.1",
    ],
    [
      "text in quotes is no hop",
      { forwarded: 'for=81.2.69.142;host="x,for=1.2.3.4;a"' },
      "81.2.69.142",
    ],
    ["Forwarded, hidden", { forwarded: "for=_hidden" }, "10.0.0.1"],
    ["both agree", { ...xff("198.51.100.1"), forwarded: "for=198.51.100.1" }, "198.51.100.1"],
    [
      "one of the two may be the client's own invention",
      { ...xff("198.51.100.1"), forwarded: "for=1.1.1.1" },
      "10.0.0.1",
    ],
  ])("%s", (_why, headers, address) => {
    expect(behindProxy("10.0.0.1", headers)).toBe(address);
  });

  test("the headers of a client that is not a trusted proxy are ignored", () => {
    expect(behindProxy("192.0.2.1", xff("198.51.100.1"))).toBe("192.0.2.1");
  });

  test("a trusted proxy may be reached over IPv6 or IPv4 in IPv6", () => {
    expect(behindProxy("2001:db8:ffff::1", xff("198.51.100.1"))).toBe("198.51.100.1");
    expect(behindProxy("::ffff:10.0.0.1", xff("198.51.100.1"))).toBe("198.51.100.1");
  });

  test.each([
    ["::/0", "192.0.2.1"],
    ["::ffff:0:0/90", "192.0.2.1"],
    ["2001:db8:ffff::/48", "10.0.0.1"],
  ])("%s trusts no proxy of IPv4", (cidr, socket) => {
    expect(createClientAddress([cidr])(socket, xff("198.51.100.1"))).toBe(socket);
    expect(createClientAddress([cidr])(`::ffff:${socket}`, xff("198.51.100.1"))).toBe(socket);
  });

  test("a block of IPv4 in IPv6 trusts proxies of IPv4", () => {
    const read = createClientAddress(["::ffff:10.0.0.0/104"]);
    expect(read("10.9.9.9", xff("198.51.100.1"))).toBe("198.51.100.1");
    expect(read("11.0.0.1", xff("198.51.100.1"))).toBe("11.0.0.1");
  });

  test("any header gives a valid address", () => {
    const piece = fc.oneof(
      fc.constantFrom("for=", '"', "[", "]", ":", ",", ";", "%", "198.51.100.1", "::1", "10.1.1.1"),
      fc.string(),
    );
    const header = fc.array(piece).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(header, header, (forwarded, list) => {
        const address = behindProxy("10.0.0.1", { forwarded, ...xff(list) });
        expect(address).toMatch(/^[0-9a-f.:]+$/);
      }),
    );
  });
});

describe("behind trusted proxies that name the client in a header of its own", () => {
  const read = createClientAddress(["10.0.0.0/8"], "X-Real-IP");
  const named = (address: string) => ({ "x-real-ip": address });

  test.each([
    ["IPv4", named("198.51.100.1"), "198.51.100.1"],
    ["IPv6, which becomes canonical", named("2001:DB8:0::1"), "2001:db8::1"],
    ["IPv4 in IPv6", named("::ffff:198.51.100.1"), "198.51.100.1"],
    ["a port", named("198.51.100.1:4711"), "198.51.100.1"],
    ["IPv6 with brackets and port", named("[2001:db8::1]:443"), "2001:db8::1"],
    ["an address of a proxy, which the client may well be", named("10.9.9.9"), "10.9.9.9"],
    [
      "the forwarding headers are not looked at",
      { ...named("198.51.100.1"), ...xff("1.1.1.1"), forwarded: "for=1.1.1.1" },
      "198.51.100.1",
    ],
    ["nor are they without the header", { ...xff("1.1.1.1"), forwarded: "for=1.1.1.1" }, PROXY],
    ["no header", {}, PROXY],
    ["an empty one", named(""), PROXY],
    ["a name", named("localhost"), PROXY],
    ["unknown", named("unknown"), PROXY],
    ["a list, as several headers are one", named("198.51.100.1, 198.51.100.1"), PROXY],
    ["an empty header and a good one", named(", 198.51.100.1"), PROXY],
    ["a zone", named("fe80::1%eth0"), PROXY],
    ["a short form of IPv4", named("127.1"), PROXY],
    ["a network", named("198.51.100.0/24"), PROXY],
    ["a node of Forwarded", named("for=198.51.100.1"), PROXY],
  ])("%s", (_why, headers, address) => {
    expect(read(PROXY, headers)).toBe(address);
  });

  test("the header of a client that is not a trusted proxy is ignored", () => {
    expect(read("192.0.2.1", named("198.51.100.1"))).toBe("192.0.2.1");
  });
});

test.each([
  ["X-Real-IP", undefined],
  ["CF-Connecting-IP", undefined],
  ["True-Client-IP", undefined],
  ["fly-client-ip", undefined],
  ["Forwarded", "which has another meaning"],
  ["x-forwarded-for", "which has another meaning"],
  ["Connection", "which has another meaning"],
  ["Transfer-Encoding", "which has another meaning"],
  ["User-Agent", "which has another meaning"],
  ["X-API-Key", "which has another meaning"],
  [":authority", "must be the name of a header"],
  ["X-Real-IP:", "must be the name of a header"],
  ["X-Real-IP, X-Client", "must be the name of a header"],
  ["X-Réal-IP", "must be the name of a header"],
])("%s as the header that has the client's address: %s", (name, problem) => {
  if (problem === undefined) expect(addressHeaderProblem(name)).toBeUndefined();
  else expect(addressHeaderProblem(name)).toContain(problem);
});

test.each([
  ["10.0.0.0/8", true],
  ["2001:db8::/32", true],
  ["0.0.0.0/0", true],
  ["10.0.0.0", false],
  ["10.0.0.0/33", false],
  ["10.0.0.0/8/8", false],
  ["::/129", false],
  ["fe80::%eth0/10", false],
  ["localhost/8", false],
  ["", false],
])("%s as a CIDR: %s", (cidr, isFine) => {
  expect(cidrProblem(cidr) === undefined).toBe(isFine);
});
