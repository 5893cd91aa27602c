import { ConfigError } from "@geomesh/runtime/config";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const METERING_DATABASE_URL = "postgres://metering:secret@127.0.0.1:5432/metering";
const METERING_CALLERS_FILE = "/etc/geomesh/metering-callers";

test("a database and callers are all that must be said", () => {
  expect(readConfig({ METERING_DATABASE_URL, METERING_CALLERS_FILE })).toMatchObject({
    host: "127.0.0.1",
    port: 50053,
    opsPort: 50063,
    authAddress: "127.0.0.1:50052",
    leaseLifetimeMs: 10_000,
  });
});

test("every mistake is reported at once, and no secret with it", () => {
  const env = {
    METERING_DATABASE_URL: "mysql://metering:secret@127.0.0.1/metering",
    METERING_CALLERS_FILE,
    METERING_PORT: "70000",
    METERING_LEASE_LIFETIME_MS: "999",
  };
  const problems = () => {
    try {
      readConfig(env);
    } catch (error) {
      return (error as ConfigError).problems;
    }
    return [];
  };
  expect(problems()).toHaveLength(3);
  expect(() => readConfig(env)).not.toThrow("secret");
  expect(() => readConfig(env)).toThrow(ConfigError);
});
