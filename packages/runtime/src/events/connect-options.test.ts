import { expect, test } from "vitest";
import { connectOptions } from "./connect-options.ts";

test.each([
  ["a name and a port", "nats://nats:4222", { servers: "nats:4222" }],
  ["the default port", "nats://nats", { servers: "nats" }],
  ["IPv6", "nats://[::1]:4222", { servers: "[::1]:4222" }],
  [
    "a user, whose password may hold any character",
    "nats://geo:p%40ss%2Fword@nats:4222",
    { servers: "nats:4222", user: "geo", pass: "p@ss/word" },
  ],
  ["TLS", "tls://nats:4222", { servers: "nats:4222", tls: {} }],
])("a URL may have %s", (_, url, expected) => {
  expect(connectOptions({ url, name: "test" })).toMatchObject({ name: "test", ...expected });
});
