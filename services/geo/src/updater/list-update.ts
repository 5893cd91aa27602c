import { randomUUID } from "node:crypto";
import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import { syncDirectory } from "@geomesh/runtime/files/sync-directory";
import { removeAbandoned } from "../datasets/abandoned.ts";
import { convertListInThread } from "../lists/convert-list-in-thread.ts";
import type { ListSource } from "../lists/list-sources.ts";
import { download } from "./download.ts";
import { urlSource } from "./source.ts";
import type { Update } from "./updater.ts";

/** What is under way in the directory of work: the list as it arrives, unpacked, and converted. */
const WORK_NAMES = /^[0-9a-f]{8}-[-0-9a-f]{27}\.(?:raw|raw\.packed|list)$/;
const HOUR_MS = 3_600_000;
const PACKED_BYTES_MAX = 64 * 1024 * 1024;
const UNPACKED_BYTES_MAX = 128 * 1024 * 1024;

/** What updates of lists work with. */
export interface ListUpdateDeps {
  /** The directory of security lists. */
  readonly directory: string;
  /** A directory of geo's own, where lists are converted: files that come and go among the lists would have them read again. */
  readonly workDirectory: string;
  readonly clock: Clock;
  /** Ends a download that is under way. */
  readonly signal: AbortSignal;
}

/** Keeps a security list current: of at most 64 MiB as it arrives, and 128 MiB unpacked. */
export function listUpdate(source: ListSource, deps: ListUpdateDeps): Update {
  const { file, everyHours, format } = source;
  const { directory, workDirectory, clock, signal } = deps;
  const from = urlSource(source.url, file);
  const place = join(directory, file);
  return {
    kind: "list",
    id: file,
    intervalMs: everyHours * HOUR_MS,
    async run(validator) {
      await mkdir(workDirectory, { recursive: true });
      const wallMs = clock.wallMs();
      const isUnfinished = (name: string) => WORK_NAMES.test(name);
      await removeAbandoned(workDirectory, { isUnfinished, wallMs });
      const work = join(workDirectory, randomUUID());
      const [raw, converted] = [`${work}.raw`, `${work}.list`];
      try {
        const result = await download(from, {
          wallMs,
          // A list that was removed is downloaded again.
          etag: (await isThere(place)) ? validator : undefined,
          target: raw,
          extension: "",
          packedBytesMax: PACKED_BYTES_MAX,
          unpackedBytesMax: UNPACKED_BYTES_MAX,
          signal,
        });
        if (!result.isNew) return { validator };
        const heading = `${hostOf(source.url)}, ${new Date(wallMs).toISOString()}`;
        await convertListInThread({
          source: raw,
          format,
          target: converted,
          serving: place,
          heading,
        });
        await putInPlace(converted, place);
        return { validator: result.etag, file };
      } finally {
        for (const path of [raw, converted]) await rm(path, { force: true });
      }
    },
  };
}

/** The directories may be on different disks, so the file is copied beside its place first, under a name that is no list. */
async function putInPlace(converted: string, place: string): Promise<void> {
  const parent = dirname(place);
  await mkdir(parent, { recursive: true });
  const draft = join(parent, `.${basename(place)}.draft`);
  try {
    await copyFile(converted, draft);
    await rename(draft, place);
  } finally {
    await rm(draft, { force: true });
  }
  await syncDirectory(parent);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function hostOf(url: string): string {
  return new URL(url).host;
}
