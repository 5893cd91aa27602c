import { expect, test } from "vitest";
import { readLauncherConfig } from "./config.ts";

test("without settings the mesh has the documented ports and runs its own stores", () => {
  const config = readLauncherConfig({});
  expect(config.ports).toEqual({
    gateway: 8080,
    gatewayOps: 8081,
    geo: 50051,
    geoOps: 50061,
    auth: 50052,
    authOps: 50062,
    metering: 50053,
    meteringOps: 50063,
    nats: 4222,
    postgres: 54320,
  });
  expect(config.dataDir).toMatch(/^\/.*\/\.data$/);
  expect(config.natsUrl).toBeUndefined();
  expect(config.authDatabaseUrl).toBeUndefined();
});

test("every bad setting is named in one go", () => {
  const env = {
    GATEWAY_PORT: "eighty",
    GEO_PORT: "70000",
    NATS_URL: "http://nats",
    AUTH_PORT: "0",
  };
  expect(() => readLauncherConfig(env)).toThrow(
    /NATS_URL must start with[\s\S]*GATEWAY_PORT must be[\s\S]*GEO_PORT must be[\s\S]*AUTH_PORT must be/,
  );
});

test("two settings with one port are refused by both names", () => {
  const env = { GEO_PORT: "9000", AUTH_OPS_PORT: "9000" };
  expect(() => readLauncherConfig(env)).toThrow(
    "GEO_PORT and AUTH_OPS_PORT must differ, not all be 9000",
  );
});

test("a database's address reaches no process by the common environment, the rest does", () => {
  const databases = {
    AUTH_DATABASE_URL: "postgres://auth:secret@db/auth",
    AUTH_OWNER_DATABASE_URL: "postgres://auth_owner:secret@db/auth",
    METERING_DATABASE_URL: "postgres://metering:secret@db/metering",
  };
  const config = readLauncherConfig({ ...databases, LOG_LEVEL: "debug" });
  expect(config.environment).toEqual({ LOG_LEVEL: "debug" });
  expect(config.authDatabaseUrl).toBe(databases.AUTH_DATABASE_URL);
  expect(config.authOwnerDatabaseUrl).toBe(databases.AUTH_OWNER_DATABASE_URL);
});

test("an owner of auth's tables is told of a database elsewhere alone", () => {
  const env = { AUTH_OWNER_DATABASE_URL: "postgres://auth_owner:secret@db/auth" };
  expect(() => readLauncherConfig(env)).toThrow("AUTH_OWNER_DATABASE_URL needs AUTH_DATABASE_URL");
});
