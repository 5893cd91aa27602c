import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { syncDirectory } from "./sync-directory.ts";

/** The content of a file: all of it at once, or piece by piece as it arrives. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** What a new file gets besides its content. */
export interface ReplaceFileOptions {
  /** Permissions of the file; default 0600, readable by its owner only. */
  readonly mode?: number;
  /** Its time of modification; default is the time of writing. */
  readonly modifiedAt?: Date;
}

/** How the names of unfinished files end. Those that a crash left behind may be deleted. */
export const DRAFT_EXTENSION = ".draft";

/**
 * Replaces a file in one step: readers see the old content or the new, never half of it, and after a power cut one of
 * the two is there. Resolves when it is on disk. Of several writers at once the last one wins. Errors: those of node:fs and
 * of the content; the old file then stays.
 */
export async function replaceFile(
  file: string,
  content: FileContent,
  options: ReplaceFileOptions = {},
): Promise<void> {
  const draft = `${file}.${randomUUID()}${DRAFT_EXTENSION}`;
  try {
    await writeDraft(draft, content, options);
    await rename(draft, file);
    await syncDirectory(path.dirname(file));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeDraft(
  draft: string,
  content: FileContent,
  { mode = 0o600, modifiedAt }: ReplaceFileOptions,
): Promise<void> {
  const handle = await open(draft, "wx", mode);
  try {
    await writeAll(handle, content);
    if (modifiedAt !== undefined) await handle.utimes(modifiedAt, modifiedAt);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, content: FileContent): Promise<void> {
  if (typeof content === "string" || content instanceof Uint8Array) {
    await handle.writeFile(content);
    return;
  }
  for await (const chunk of content) await handle.writeFile(chunk);
}
