import { expect, test } from "vitest";
import { canonicalOrigin, originCovers } from "./origin.ts";

test.each([
  ["https://app.example.com", "https://app.example.com"],
  ["HTTPS://App.Example.COM:443", "https://app.example.com"],
  ["http://localhost:80", "http://localhost"],
  ["http://localhost:3000", "http://localhost:3000"],
  ["https://*.Example.com", "https://*.example.com"],
  ["https://*.example.com:8443", "https://*.example.com:8443"],
  ["https://bücher.example", "https://xn--bcher-kva.example"],
  ["https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"],
  ["https://192.0.2.1", "https://192.0.2.1"],
  ["capacitor://localhost", "capacitor://localhost"],
  ["chrome-extension://Abcdef", "chrome-extension://abcdef"],
])("%s is the origin %s", (text, canonical) => {
  expect(canonicalOrigin(text)).toBe(canonical);
  expect(canonicalOrigin(canonical)).toBe(canonical);
});

test.each([
  "*",
  "null",
  "",
  "app.example.com",
  "https://app.example.com/",
  "https://app.example.com/path",
  "https://user@app.example.com",
  "https://app.example.com:99999",
  "https://*",
  "https://*.com",
  "https://*.",
  "https://*.192.0.2.1",
  "https://a.*.example.com",
  "https://app*.example.com",
  "https://*.*.example.com",
  "https://*.[2001:db8::1]",
  "https://a b.example",
  "file:///etc/passwd",
  "https://",
])("%j is no origin", (text) => {
  expect(canonicalOrigin(text)).toBeUndefined();
});

test.each([
  ["https://app.example.com", "https://app.example.com", true],
  ["https://app.example.com", "http://app.example.com", false],
  ["https://*.example.com", "https://app.example.com", true],
  ["https://*.example.com", "https://a.b.example.com", true],
  ["https://*.example.com", "https://example.com", false],
  ["https://*.example.com", "https://badexample.com", false],
  ["https://*.example.com", "https://.example.com", false],
  ["https://*.example.com", "http://app.example.com", false],
  ["https://*.example.com", "https://app.example.com:8443", false],
  ["https://*.example.com", "https://*.a.example.com", true],
  ["https://*.a.example.com", "https://*.example.com", false],
  ["https://app.example.com", "https://*.example.com", false],
])("%s covers %s: %s", (allowed, asked, covers) => {
  expect(originCovers(allowed, asked)).toBe(covers);
});
