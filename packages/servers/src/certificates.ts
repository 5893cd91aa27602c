import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority that vouches for whoever is named to it. Its key is kept nowhere: it ends with this process. */
export interface Authority {
  /** Its own certificate, in PEM. */
  readonly cert: string;
  /** A certificate with these names: a URI where there is `://`, an IPv4 address, or a DNS name. */
  issue(...names: string[]): Certificate;
}

// Parts of X.509 in DER, with their identifiers written out: the names in RFC 5280 stand beside them.
const ECDSA_WITH_SHA256 = tlv(0x30, Buffer.from("06082a8648ce3d040302", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");
const BASIC_CONSTRAINTS = Buffer.from("0603551d13", "hex");
const SUBJECT_ALT_NAME = Buffer.from("0603551d11", "hex");
const VERSION_3 = Buffer.from("a003020102", "hex");
const IS_CA = Buffer.from("30030101ff", "hex");
const VALIDITY = tlv(0x30, tlv(0x17, "200101000000Z"), tlv(0x17, "491231235959Z"));

/** Makes an authority with a key of its own. */
export function createAuthority(name: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = nameOf(name);
  const certify = (subject: Buffer, key: KeyObject, extension: Buffer) => {
    const spki = key.export({ type: "spki", format: "der" });
    const serial = tlv(0x02, Buffer.from([1, ...randomBytes(8)]));
    const extensions = tlv(0xa3, tlv(0x30, extension));
    const fields = [VERSION_3, serial, ECDSA_WITH_SHA256, issuer, VALIDITY, subject, spki];
    const body = tlv(0x30, ...fields, extensions);
    const signature = tlv(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
    return pem("CERTIFICATE", tlv(0x30, body, ECDSA_WITH_SHA256, signature));
  };
  return {
    cert: certify(issuer, publicKey, extensionOf(BASIC_CONSTRAINTS, IS_CA)),
    issue(...names) {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const altNames = tlv(0x30, ...names.map(altName));
      const extension = extensionOf(SUBJECT_ALT_NAME, altNames);
      return {
        cert: certify(nameOf(names[0] ?? ""), pair.publicKey, extension),
        key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      };
    },
  };
}

function nameOf(commonName: string): Buffer {
  return tlv(0x30, tlv(0x31, tlv(0x30, COMMON_NAME, tlv(0x0c, commonName))));
}

function altName(name: string): Buffer {
  if (name.includes("://")) return tlv(0x86, name);
  if (/^[\d.]+$/.test(name)) return tlv(0x87, Buffer.from(name.split(".").map(Number)));
  return tlv(0x82, name);
}

function extensionOf(id: Buffer, value: Buffer): Buffer {
  return tlv(0x30, id, tlv(0x04, value));
}

/** A tag, a length and a value. */
function tlv(tag: number, ...parts: (Buffer | string)[]): Buffer {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const size = value.length;
  const length =
    size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
