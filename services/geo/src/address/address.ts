/**
 * An IP address as four 32-bit words in network order; IPv4 uses the last word only. Mutable on purpose: the lookup path
 * parses a million addresses a second into one instance.
 */
export class Address {
  readonly words = new Uint32Array(4);
  isIpv4 = false;

  /** Bits of the address family: 32 or 128. */
  get bitLength(): number {
    return this.isIpv4 ? 32 : 128;
  }

  /** Becomes the IPv4 address with this number, which is below 2^32. */
  setIpv4(value: number): void {
    this.isIpv4 = true;
    this.words[0] = 0;
    this.words[1] = 0;
    this.words[2] = 0;
    this.words[3] = value;
  }

  /** Becomes the same address as another one. */
  copyFrom(other: Address): void {
    this.isIpv4 = other.isIpv4;
    for (let i = 0; i < 4; i++) this.words[i] = other.words[i] as number;
  }

  /** Below 0, 0 or above 0 if this address is before, equal to or after the other one, which is of the same family. */
  compare(other: Address): number {
    for (let i = 0; i < 4; i++) {
      const difference = (this.words[i] as number) - (other.words[i] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Becomes the next address. After the last one it is address 0, and the answer is false. */
  increment(): boolean {
    for (let i = 3; i >= (this.isIpv4 ? 3 : 0); i--) {
      const word = ((this.words[i] as number) + 1) >>> 0;
      this.words[i] = word;
      if (word !== 0) return true;
    }
    return false;
  }

  /** Clears every bit after the first `prefixLength` of the family's bits. */
  mask(prefixLength: number): void {
    const keep = this.isIpv4 ? prefixLength + 96 : prefixLength;
    for (let i = 0; i < 4; i++) {
      const bits = Math.min(32, Math.max(0, keep - 32 * i));
      const wordMask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
      this.words[i] = ((this.words[i] as number) & wordMask) >>> 0;
    }
  }

  /** Sets every bit after the first `prefixLength` of the family's bits, which makes the last address of the block. */
  fill(prefixLength: number): void {
    const keep = this.isIpv4 ? prefixLength + 96 : prefixLength;
    for (let i = 0; i < 4; i++) {
      const bits = Math.min(32, Math.max(0, keep - 32 * i));
      const wordMask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
      this.words[i] = ((this.words[i] as number) | ~wordMask) >>> 0;
    }
  }
}
