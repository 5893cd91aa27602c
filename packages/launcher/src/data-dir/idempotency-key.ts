import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { replaceFile } from "@geomesh/runtime/files/replace-file";

const KEY_BYTES = 32;

/**
 * Makes the key by which auth encrypts secrets in answers that it keeps, at the first start. It stays for ever: without it
 * those answers cannot be read. Errors: those of node:fs.
 */
export async function keepIdempotencyKey(path: string): Promise<void> {
  if (existsSync(path)) return;
  await replaceFile(path, `${randomBytes(KEY_BYTES).toString("base64")}\n`);
}
