import { rm } from "node:fs/promises";
import { PublisherError } from "../downloads/publisher-error.ts";
import { retryAfterMs } from "../downloads/retry-after.ts";
import { saveBody } from "../downloads/save-body.ts";
import { unpackDownload } from "../downloads/unpack-download.ts";
import type { UrlSource } from "./source.ts";

const DIGEST_BYTES_MAX = 64 * 1024;
const DOWNLOAD_MS_MAX = 15 * 60_000;

/** Sent with every request. */
const HEADERS = {
  // What is packed is unpacked by what its bytes say.
  "accept-encoding": "identity",
  // The next request may come after hours: a connection that the publisher is about to close must not fail it.
  connection: "close",
};

/** How a source is downloaded. */
export interface DownloadOptions {
  /** The time of the download, in milliseconds of Unix time. */
  readonly wallMs: number;
  /** The validator of the download that is in place: the publisher then says whether there is a newer one. */
  readonly etag: string | undefined;
  /** The file to write, which must not exist. */
  readonly target: string;
  /** Of the file that is wanted of an archive, such as `.mmdb`. */
  readonly extension: string;
  /** What the download may have as it arrives. */
  readonly packedBytesMax: number;
  readonly unpackedBytesMax: number;
  /** Ends the download. */
  readonly signal: AbortSignal;
}

/** The outcome of a download: `isNew` is false if the publisher says that nothing changed. */
export interface Download {
  readonly isNew: boolean;
  readonly etag: string | undefined;
}

/**
 * Downloads a source within at most 15 minutes and writes the unpacked file to `target`.
 * Errors: PublisherError for an answer that is not a success; an Error for a digest that differs, a download that cannot be unpacked
 * and a publisher that cannot be reached. `describeError` makes a line of it.
 */
export async function download(source: UrlSource, options: DownloadOptions): Promise<Download> {
  const { wallMs, etag, target, signal } = options;
  const request: AskOptions = {
    wallMs,
    headers: source.headers,
    signal: AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS_MAX)]),
  };
  const validators = etag === undefined ? {} : { "if-none-match": etag };
  const headers = { ...source.headers, ...validators };
  const response = await ask(source.url(wallMs), "download", { ...request, headers });
  if (response === "unchanged") return { isNew: false, etag };
  const packed = `${target}.packed`;
  try {
    const save = { algorithm: "sha256", bytesMax: options.packedBytesMax } as const;
    const digest = (await saveBody(response.body, packed, save)).toString("hex");
    if (source.digestUrl !== undefined) {
      const expected = await readDigest(source.digestUrl(wallMs), request);
      if (digest !== expected) throw new Error("the SHA-256 differs from the publisher's");
    }
    const { extension, unpackedBytesMax: bytesMax } = options;
    await unpackDownload(packed, target, { extension, bytesMax });
  } finally {
    await rm(packed, { force: true });
  }
  return { isNew: true, etag: response.etag };
}

interface AskOptions {
  readonly wallMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly body: AsyncIterable<Uint8Array>;
  readonly etag: string | undefined;
}

async function ask(
  url: string,
  what: "download" | "digest",
  { wallMs, headers, signal }: AskOptions,
): Promise<Answer | "unchanged"> {
  const response = await fetch(url, { headers: { ...HEADERS, ...headers }, signal });
  const { status, body } = response;
  if (response.ok && body !== null) {
    return { body, etag: response.headers.get("etag") ?? undefined };
  }
  // Without this the connection stays open until the garbage collector finds it.
  await body?.cancel();
  if (status === 304) return "unchanged";
  const waitMs = retryAfterMs(response.headers.get("retry-after"), wallMs);
  const suffix = what === "digest" ? " for the digest" : "";
  throw new PublisherError(`the publisher answered with status ${status}${suffix}`, waitMs);
}

/** The SHA-256 that a publisher states at the start of a text. */
async function readDigest(url: string, options: AskOptions): Promise<string> {
  const answer = await ask(url, "digest", options);
  const body = answer === "unchanged" ? [] : answer.body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > DIGEST_BYTES_MAX) break;
  }
  const text = Buffer.concat(chunks).toString("latin1", 0, DIGEST_BYTES_MAX);
  const digest = /^[0-9a-f]{64}/i.exec(text)?.[0].toLowerCase();
  if (digest === undefined) throw new Error("the publisher's digest is not a SHA-256");
  return digest;
}
