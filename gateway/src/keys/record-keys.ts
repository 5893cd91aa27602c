/** How FNV-1a begins and goes on, for 32 bits. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const BYTES_PER_CODE = 2;

/** A kind of keys, and how they lie in memory. */
export interface RecordKeys<K> {
  /** How many bytes a key takes. */
  bytesOf(key: K): number;
  /** A hash of 32 bits, as a signed number. The low bits choose a slot. */
  hashOf(key: K): number;
  /** Writes a key. */
  write(key: K, to: Buffer, at: number): void;
  /** True where the bytes of a key of that length are those of this one. */
  isAt(key: K, bytes: Buffer, at: number): boolean;
}

/** Keys that are digests: as good as random, so that their first four bytes are a hash. */
export const DIGEST_KEYS: RecordKeys<Uint8Array> = {
  bytesOf: (key) => key.length,
  hashOf(key) {
    const [first, second] = [
      (key[0] ?? 0) | ((key[1] ?? 0) << 8),
      (key[2] ?? 0) | ((key[3] ?? 0) << 8),
    ];
    return first | (second << 16);
  },
  write: (key, to, at) => to.set(key, at),
  isAt(key, bytes, at) {
    for (let i = 0; i < key.length; i += 1) if (bytes[at + i] !== key[i]) return false;
    return true;
  },
};

/** Keys that are texts, in UTF-16 as they are in JavaScript, so that none has to be encoded first. */
export const TEXT_KEYS: RecordKeys<string> = {
  bytesOf: (key) => key.length * BYTES_PER_CODE,
  /** FNV-1a (RFC 9923) over the codes, the high bits mixed into the low ones. */
  hashOf(key) {
    let hash = FNV_OFFSET;
    for (let i = 0; i < key.length; i += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME);
    }
    return hash ^ (hash >>> 15);
  },
  write: (key, to, at) => void to.write(key, at, "utf16le"),
  isAt(key, bytes, at) {
    for (let i = 0; i < key.length; i += 1) {
      const low = at + i * BYTES_PER_CODE;
      const code = (bytes[low] as number) | ((bytes[low + 1] as number) << 8);
      if (code !== key.charCodeAt(i)) return false;
    }
    return true;
  },
};
