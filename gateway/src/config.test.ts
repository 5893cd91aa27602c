import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const HTTPS = { GATEWAY_HTTPS_CERT_FILE: "cert.pem", GATEWAY_HTTPS_KEY_FILE: "key.pem" };
const PROXIES = { TRUSTED_PROXIES: "10.0.0.0/8" };

test("by default every request needs a key, no header names the client, no other page may read, and no times are told", () => {
  expect(readConfig({})).toMatchObject({
    anonymousPlan: "",
    clientAddressHeader: "",
    corsAllowedOrigins: [],
    serverTiming: false,
  });
});

test.each([
  [{ CORS_ALLOWED_ORIGINS: "*" }, { corsAllowedOrigins: ["*"] }],
  [
    { CORS_ALLOWED_ORIGINS: "https://app.example, http://localhost:5173" },
    { corsAllowedOrigins: ["https://app.example", "http://localhost:5173"] },
  ],
  [{ ...PROXIES, CLIENT_ADDRESS_HEADER: "X-Real-IP" }, { clientAddressHeader: "X-Real-IP" }],
  [HTTPS, { httpsCertFile: "cert.pem", httpsKeyFile: "key.pem", httpsPort: 8443 }],
  [{ GATEWAY_PORT: "8443" }, { port: 8443, httpsCertFile: "" }],
  [{ SERVER_TIMING: "true" }, { serverTiming: true }],
  [{ ANONYMOUS_PLAN: "free-2_a" }, { anonymousPlan: "free-2_a" }],
])("%j is read", (env, values) => {
  expect(readConfig(env)).toMatchObject(values);
});

test.each([
  [
    { CORS_ALLOWED_ORIGINS: "https://app.example/" },
    'CORS_ALLOWED_ORIGINS must list origins between commas: "https://app.example/" is not an origin as browsers send it (for example https://app.example)',
  ],
  [
    { CORS_ALLOWED_ORIGINS: "*, https://app.example" },
    "CORS_ALLOWED_ORIGINS must list origins or be *, not both",
  ],
  [
    { CLIENT_ADDRESS_HEADER: "X-Real-IP" },
    "CLIENT_ADDRESS_HEADER needs TRUSTED_PROXIES, which alone may name the client",
  ],
  [
    { ...PROXIES, CLIENT_ADDRESS_HEADER: "Forwarded" },
    "CLIENT_ADDRESS_HEADER must name a header of its own, such as X-Real-IP, not Forwarded, which has another meaning",
  ],
  [
    { ...PROXIES, CLIENT_ADDRESS_HEADER: "X Real IP" },
    'CLIENT_ADDRESS_HEADER must be the name of a header, not "X Real IP"',
  ],
  [{ ANONYMOUS_PLAN: "Free plan" }, 'ANONYMOUS_PLAN must be the id of a plan, not "Free plan"'],
  [
    { GATEWAY_HTTPS_CERT_FILE: "cert.pem" },
    "GATEWAY_HTTPS_CERT_FILE needs GATEWAY_HTTPS_KEY_FILE, which holds the key of the certificate",
  ],
  [
    { GATEWAY_HTTPS_KEY_FILE: "key.pem" },
    "GATEWAY_HTTPS_KEY_FILE needs GATEWAY_HTTPS_CERT_FILE, which holds the certificate of the key",
  ],
  [
    { ...HTTPS, GATEWAY_PORT: "8443" },
    "GATEWAY_HTTPS_PORT must not be GATEWAY_PORT, which stays for cleartext",
  ],
  [{ SERVER_TIMING: "ms" }, 'SERVER_TIMING must be on or off, not "ms"'],
])("the gateway does not start with %j", (env, problem) => {
  expect(() => readConfig(env)).toThrow(problem);
});
