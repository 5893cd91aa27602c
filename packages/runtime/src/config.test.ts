import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError, describeSettings, readSettings, setting } from "./config.ts";

const shape = {
  port: setting.port("PORT", 8080),
  workers: setting.integer("WORKERS", 4, { min: 1, max: 64 }),
  helpers: setting.integerOr("HELPERS", "auto", 1, { min: 1, max: 8 }),
  waitMs: setting.milliseconds("WAIT_MS", 2_000, { min: 50, max: 30_000 }),
  name: setting.text("NAME"),
  nick: setting.text("NICK", "", {
    bounds: "a nickname",
    problem: (text) => (/\s/.test(text) ? `must be one word, not "${text}"` : undefined),
  }),
  token: setting.secretText("TOKEN"),
  databaseUrl: setting.url("DATABASE_URL", undefined, { protocols: ["postgres:", "postgresql:"] }),
  level: setting.choice("LEVEL", "info", ["debug", "info"]),
  fsync: setting.flag("FSYNC", true),
  dir: setting.path("DIR", ".data"),
  spoolBytesMax: setting.bytes("SPOOL_BYTES_MAX", 2 ** 30, { min: 1_536, max: 2 ** 40 }),
  friends: setting.list("FRIENDS", {
    what: "names",
    problem: (text) => (/\d/.test(text) ? `${text} has a digit` : undefined),
  }),
  words: setting.list("WORDS", {
    what: "passwords",
    problem: (text, place) => (text === "12345" ? `entry ${place} is too simple` : undefined),
    isSecret: true,
  }),
};
const required = {
  NAME: "geo",
  TOKEN: "hush-hush",
  DATABASE_URL: "postgres://auth:hush-hush@db/auth",
};

test("settings that are not given take their defaults", () => {
  expect(readSettings(required, shape)).toEqual({
    port: 8080,
    workers: 4,
    helpers: 1,
    waitMs: 2_000,
    name: "geo",
    nick: "",
    token: "hush-hush",
    databaseUrl: required.DATABASE_URL,
    level: "info",
    fsync: true,
    dir: path.resolve(".data"),
    spoolBytesMax: 1_073_741_824,
    friends: [],
    words: [],
  });
});

test.each([
  { why: "a number is a number", given: { PORT: "0" }, value: { port: 0 } },
  { why: "bounds are inside", given: { WORKERS: "64" }, value: { workers: 64 } },
  {
    why: "a number may have a word for it",
    given: { HELPERS: "auto" },
    value: { helpers: "auto" },
  },
  { why: "it is a number otherwise", given: { HELPERS: "8" }, value: { helpers: 8 } },
  { why: "space around does not matter", given: { WAIT_MS: " 50 " }, value: { waitMs: 50 } },
  { why: "an empty variable is none", given: { LEVEL: "" }, value: { level: "info" } },
  { why: "a text may be checked", given: { NICK: "ann" }, value: { nick: "ann" } },
  { why: "flags have many spellings", given: { FSYNC: "Off" }, value: { fsync: false } },
  {
    why: "a list needs no comma or no space, and bears empty entries",
    given: { FRIENDS: "ann, ben,,cleo " },
    value: { friends: ["ann", "ben", "cleo"] },
  },
  { why: "a path becomes absolute", given: { DIR: "/a/../b" }, value: { dir: "/b" } },
])("$why", ({ given, value }) => {
  expect(readSettings({ ...required, ...given }, shape)).toMatchObject(value);
});

test("every mistake is reported at once, and no secret with it", () => {
  const env = {
    PORT: "65536",
    WORKERS: "many",
    HELPERS: "all",
    WAIT_MS: "1.5",
    NICK: "a b",
    TOKEN: "hush-hush",
    DATABASE_URL: "mysql://auth:hush-hush@db/auth",
    LEVEL: "loud",
    FSYNC: "perhaps",
    SPOOL_BYTES_MAX: "1KiB",
    FRIENDS: "ann,b3n",
    WORDS: "hush 12345",
  };
  const error = problemsOf(env);
  expect(error.message).toBe(error.problems.join("\n"));
  expect(error.problems).toEqual([
    'PORT must be a whole number from 0 to 65535, not "65536"',
    'WORKERS must be a whole number from 1 to 64, not "many"',
    'HELPERS must be a whole number from 1 to 8 or auto, not "all"',
    'WAIT_MS must be a whole number of milliseconds from 50 to 30000, not "1.5"',
    "NAME is required",
    'NICK must be one word, not "a b"',
    "DATABASE_URL must start with postgres:// or postgresql://, not mysql://",
    'LEVEL must be one of debug, info, not "loud"',
    'FSYNC must be on or off, not "perhaps"',
    'SPOOL_BYTES_MAX must be a whole number of bytes from 1536 to 1099511627776, not "1KiB"',
    "FRIENDS must list names between commas: b3n has a digit",
    "WORDS must list passwords between commas: entry 2 is too simple",
  ]);
});

test("the description shows every setting by its name, secrets masked", () => {
  const given = { ...required, PORT: "1", WORDS: "hush,hush" };
  const lines = describeSettings(readSettings(given, shape));
  expect(lines).toHaveLength(Object.keys(shape).length);
  expect(lines).toEqual(expect.arrayContaining(["PORT=1", "FSYNC=true", "TOKEN=[secret]"]));
  expect(lines.join("\n")).not.toContain("hush");
});

test("a setting tells its default and bounds as the operations guide shows them", () => {
  const cells = Object.values(shape).map(({ name, described }) => [
    name,
    described.fallback,
    described.bounds,
  ]);
  expect(cells).toEqual([
    ["PORT", "8080", "0 to 65535"],
    ["WORKERS", "4", "1 to 64"],
    ["HELPERS", "1", "1 to 8, `auto`"],
    ["WAIT_MS", "2000", "50 to 30,000"],
    ["NAME", "required", ""],
    ["NICK", "none", "a nickname"],
    ["TOKEN", "required", ""],
    ["DATABASE_URL", "required", "`postgres:`, `postgresql:`"],
    ["LEVEL", "`info`", "`debug`, `info`"],
    ["FSYNC", "`on`", "`on`, `off`, `true`, `false`, `1`, `0`"],
    ["DIR", "`.data`", "a path"],
    ["SPOOL_BYTES_MAX", "1073741824", "1,536 bytes to 1 TiB"],
    ["FRIENDS", "none", "names between commas"],
    ["WORDS", "none", "passwords between commas"],
  ]);
});

test("any text in any variable is a value or a ConfigError", () => {
  const env = fc.record(
    Object.fromEntries(Object.values(shape).map(({ name }) => [name, fc.string()])),
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(env, (texts) => {
      try {
        const { port, workers } = readSettings(texts, shape);
        return port >= 0 && port <= 65_535 && workers >= 1 && workers <= 64;
      } catch (error) {
        return error instanceof ConfigError && error.problems.length > 0;
      }
    }),
  );
});

function problemsOf(env: Record<string, string>): ConfigError {
  try {
    readSettings(env, shape);
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  return expect.unreachable("there should be problems");
}
