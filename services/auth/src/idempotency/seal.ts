import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AppError } from "@geomesh/runtime/errors";
import { readSettingFile } from "@geomesh/runtime/files/setting-file";

/** Names the file with the key. */
const SETTING = "AUTH_IDEMPOTENCY_KEY_FILE";
const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The 32 bytes in base64 (RFC 4648, section 4), with their padding. */
const KEY_TEXT = /^[A-Za-z\d+/]{43}=$/;

/** Encrypts what must not be read from the database, such as the secret of a new key. */
export interface Seal {
  /** Encrypts under a new nonce. What `place` names is bound to it: at another place it does not open. */
  seal(plain: Uint8Array, place: string): Buffer;
  /** Undefined for what was sealed under another key or at another place, and for what was altered. */
  open(sealed: Buffer, place: string): Buffer | undefined;
}

/** Creates a seal of AES-256-GCM with a key of 32 bytes. A sealed text is its nonce, the ciphertext and the tag. */
export function createSeal(key: Uint8Array): Seal {
  return {
    seal(plain, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce);
      cipher.setAAD(Buffer.from(place));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, place) {
      if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      try {
        const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
        return Buffer.concat([plain, decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

/** Reads a seal's key from a file that holds 32 bytes in base64; undefined for no file. Errors: SETTING_INVALID. */
export async function readSeal(file: string): Promise<Seal | undefined> {
  if (file === "") return undefined;
  const key = `${await readSettingFile(SETTING, file)}`.trim();
  // The text stays out of the sentence.
  if (!KEY_TEXT.test(key)) {
    const message = `${SETTING}: ${file} does not hold ${KEY_BYTES} bytes in base64`;
    throw new AppError("SETTING_INVALID", { message });
  }
  return createSeal(Buffer.from(key, "base64"));
}
