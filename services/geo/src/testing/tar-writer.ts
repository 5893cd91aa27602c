const BLOCK_BYTES = 512;

/** What a header of a test may have beside its name and size. */
export interface TarEntryOptions {
  /** Default is that of a file, `0`. */
  readonly type?: string;
  /** Default is the length of the content. */
  readonly size?: number;
  /** Of GNU tar, or none as in the seventh edition of Unix; default is ustar. */
  readonly magic?: string;
  readonly prefix?: string;
}

/** One entry of a tar archive: its header, and its content in whole blocks. */
export function tarEntry(name: string, content: Buffer, options: TarEntryOptions = {}): Buffer {
  const { type = "0", size = content.length, magic = "ustar\0", prefix = "" } = options;
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write(" ".repeat(8), 148);
  header.write(type, 156);
  header.write(magic, 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padding = (BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES;
  return Buffer.concat([header, content, Buffer.alloc(padding)]);
}

/** An extended header of pax with these records, for the entry after it. */
export function paxHeader(records: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest + String(rest).length;
    length = rest + String(length).length;
    return `${length} ${key}=${value}\n`;
  });
  return tarEntry("PaxHeaders/x.mmdb", Buffer.from(lines.join("")), { type: "x" });
}
