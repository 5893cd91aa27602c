import { ConfigError } from "@geomesh/runtime/config";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

test("a database and callers are all that must be set", () => {
  const env = {
    AUTH_DATABASE_URL: "postgres://auth@localhost/auth",
    AUTH_CALLERS_FILE: "/etc/geomesh/auth-callers",
  };
  expect(readConfig(env)).toEqual({
    host: "127.0.0.1",
    port: 50052,
    socketPath: "",
    callersFile: "/etc/geomesh/auth-callers",
    ...{ tlsCertFile: "", tlsKeyFile: "", tlsCaFile: "" },
    opsPort: 50062,
    databaseUrl: "postgres://auth@localhost/auth",
    ownerDatabaseUrl: "",
    natsUrl: "nats://127.0.0.1:4222",
    natsSeedFile: "",
    natsCaFile: "",
    bootstrapFile: "",
    idempotencyKeyFile: "",
    ...{ adminKey: "", adminKeyFile: "" },
    auditAddresses: "shortened",
    auditRetentionDays: 400,
    keyRetentionDays: 90,
    logLevel: "info",
  });
});

test("every mistake is reported at once, without the password of the database", () => {
  const env = { AUTH_PORT: "x", AUTH_DATABASE_URL: "mysql://auth:hush@db/auth", LOG_LEVEL: "loud" };
  const problems = () => {
    try {
      return readConfig(env);
    } catch (error) {
      return error instanceof ConfigError ? error.problems.join("\n") : error;
    }
  };
  expect(problems()).toMatch(/AUTH_PORT.*AUTH_DATABASE_URL.*LOG_LEVEL/s);
  expect(problems()).not.toContain("hush");
});
