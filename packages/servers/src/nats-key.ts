import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";

/** A user of NATS: whoever has the seed proves it without showing it, and the server knows the public key alone. */
export interface NatsKey {
  /** 58 characters that begin with `SU`; a secret. */
  readonly seed: string;
  /** 56 characters that begin with `U`. */
  readonly publicKey: string;
}

/** The first bytes of the two texts, which their first letters come from (https://docs.nats.io, nkeys). */
const SEED_PREFIX = Buffer.from([(18 << 3) | (20 >> 2), (20 & 3) << 6]);
const PUBLIC_PREFIX = Buffer.from([20 << 3]);
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const KEY_BYTES = 32;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Makes the key of a new user. */
export function newNatsKey(): NatsKey {
  const key = randomBytes(KEY_BYTES);
  return { seed: encode(SEED_PREFIX, key), publicKey: encode(PUBLIC_PREFIX, publicBytes(key)) };
}

function publicBytes(key: Buffer): Buffer {
  const pkcs8 = Buffer.concat([PKCS8_PREFIX, key]);
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  return Buffer.from(x, "base64url");
}

function encode(prefix: Buffer, key: Buffer): string {
  const body = Buffer.concat([prefix, key]);
  const check = Buffer.alloc(2);
  check.writeUInt16LE(crc16(body));
  const bits = [...body, ...check].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)])
    .join("");
}

/** CRC-16 of XMODEM: polynomial 0x1021, from 0. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0);
    crc &= 0xffff;
  }
  return crc;
}
