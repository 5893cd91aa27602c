import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createSeal, readSeal } from "./seal.ts";

const KEY = Buffer.alloc(32, 7);
const SEED = 20_261_130;
const seal = createSeal(KEY);

test("what is sealed opens at its place, and shows nothing before", () => {
  const secret = Buffer.from("gm_live_0123456789");
  const sealed = seal.seal(secret, "here");
  expect(seal.open(sealed, "here")).toEqual(secret);
  expect(sealed.includes(secret)).toBe(false);
  // A nonce is used once.
  expect(seal.seal(secret, "here")).not.toEqual(sealed);
});

test("it opens neither at another place nor with another key", () => {
  const sealed = seal.seal(Buffer.from("secret"), "here");
  expect(seal.open(sealed, "there")).toBeUndefined();
  expect(createSeal(randomBytes(32)).open(sealed, "here")).toBeUndefined();
});

test("nothing opens that was altered or cut, wherever", () => {
  const sealed = seal.seal(Buffer.from("secret"), "here");
  const altered = fc.tuple(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(altered, fc.nat(sealed.length - 1), ([at, bits], length) => {
      const bytes = Buffer.from(sealed);
      bytes.writeUInt8(bytes.readUInt8(at) ^ bits, at);
      expect(seal.open(bytes, "here")).toBeUndefined();
      expect(seal.open(sealed.subarray(0, length), "here")).toBeUndefined();
    }),
    { seed: SEED },
  );
});

async function fileWith(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "geomesh-seal-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "key");
  await writeFile(file, text);
  return file;
}

test("the key comes from a file, with or without a line feed at its end", async () => {
  const sealed = seal.seal(Buffer.from("secret"), "here");
  for (const end of ["", "\n"]) {
    const read = await readSeal(await fileWith(`${KEY.toString("base64")}${end}`));
    expect(read?.open(sealed, "here")?.toString()).toBe("secret");
  }
  expect(await readSeal("")).toBeUndefined();
});

test.each([
  ["nothing", ""],
  ["16 bytes", Buffer.alloc(16).toString("base64")],
  ["33 bytes", Buffer.alloc(33).toString("base64")],
  ["hexadecimal digits", KEY.toString("hex")],
])("a file with %s is refused, and its text is not told", async (_what, text) => {
  const file = await fileWith(text);
  const message = `AUTH_IDEMPOTENCY_KEY_FILE: ${file} does not hold 32 bytes in base64`;
  const told = { reason: "SETTING_INVALID", message };
  await expect(readSeal(file)).rejects.toMatchObject(told);
});

test("a file that is not there is refused by name", async () => {
  await expect(readSeal("/nowhere/key")).rejects.toMatchObject({
    reason: "SETTING_INVALID",
    message: "AUTH_IDEMPOTENCY_KEY_FILE: /nowhere/key cannot be read (ENOENT)",
  });
});
