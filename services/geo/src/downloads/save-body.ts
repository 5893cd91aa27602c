import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** How a body is saved. */
export interface SaveOptions {
  /** Of the digest, as Node names it. */
  readonly algorithm: "sha256" | "sha512";
  readonly bytesMax: number;
}

/**
 * Writes a body to a new file and returns its digest. Errors: an Error for a body that is too long, those of the body and of
 * node:fs.
 */
export async function saveBody(
  body: AsyncIterable<Uint8Array>,
  path: string,
  { algorithm, bytesMax }: SaveOptions,
): Promise<Buffer> {
  const hash = createHash(algorithm);
  const file = await open(path, "wx");
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new Error(`the download exceeds ${bytesMax} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest();
}
