import { randomUUID } from "node:crypto";
import { rename, rm, stat, utimes } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Clock } from "@geomesh/runtime/clock";
import { syncDirectory } from "@geomesh/runtime/files/sync-directory";
import type { Log } from "@geomesh/runtime/log";
import { removeAbandoned } from "../datasets/abandoned.ts";
import { reasonAgainst } from "../datasets/compare-builds.ts";
import { layerOf } from "../datasets/layer-of.ts";
import { dayOfVersion } from "../datasets/version-day.ts";
import { inspectInThread } from "../inspect/inspect-in-thread.ts";
import { RefusalError } from "../inspect/refusal-error.ts";
import type { DatasetFacts } from "../layers/layer.ts";
import { downloadPackage } from "../npm/download-package.ts";
import type { NpmEnvironment } from "../npm/npmrc.ts";
import { download } from "./download.ts";
import { fileOf, idOf, type PackageSource, type UpdateSource, type UrlSource } from "./source.ts";
import type { Update } from "./updater.ts";

const PACKED_BYTES_MAX = 2 ** 31;
const UNPACKED_BYTES_MAX = 2 ** 32;
const PACKAGE_MS_MAX = 15 * 60_000;

/** The names of downloads under way, which the catalog does not see. */
const INCOMING_NAMES = /^\.[0-9a-f]{8}-[-0-9a-f]{27}-/;

/** What updates of datasets work with. */
export interface DatasetUpdateDeps {
  /** The datasets directory. */
  readonly directory: string;
  /** The dataset that is serving under a file name. */
  readonly serving: (name: string) => DatasetFacts | undefined;
  readonly npm: NpmEnvironment;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends a download that is under way. */
  readonly signal: AbortSignal;
}

/** A file as it arrived. */
interface Incoming {
  readonly path: string;
  /** Its name in the datasets directory. */
  readonly file: string;
  readonly validator: string | undefined;
  /** The day of the data, where the file cannot tell it. */
  readonly day?: Date | undefined;
}

/** Keeps a dataset current. One that can be served is put in place, where the catalog finds it. */
export function datasetUpdate(
  source: UpdateSource,
  deps: DatasetUpdateDeps,
  options: Pick<Update, "intervalMs" | "isQuiet">,
): Update {
  const { directory, clock } = deps;
  return {
    ...options,
    kind: "dataset",
    id: idOf(source),
    async run(validator) {
      const isUnfinished = (name: string) => INCOMING_NAMES.test(name);
      await removeAbandoned(directory, { isUnfinished, wallMs: clock.wallMs() });
      const base = join(directory, `.${randomUUID()}-`);
      const paths = new Set<string>();
      try {
        const current = (await isRemoved(source, directory))
          ? undefined
          : (validator ?? installedOf(source));
        const incoming = await fetchFrom(source, { base, paths, current, deps });
        if (incoming === undefined) return { validator: current };
        await putInPlace(incoming, deps);
        return { validator: incoming.validator, file: incoming.file };
      } finally {
        for (const path of paths) await rm(path, { force: true });
      }
    },
  };
}

interface FetchOptions {
  /** What the path of the file begins with. */
  readonly base: string;
  /** Takes the paths that are written. */
  readonly paths: Set<string>;
  /** The validator of the file in place. */
  readonly current: string | undefined;
  readonly deps: DatasetUpdateDeps;
}

/** Undefined if there is nothing new. */
function fetchFrom(source: UpdateSource, options: FetchOptions): Promise<Incoming | undefined> {
  return "spec" in source ? fetchPackage(source, options) : fetchUrl(source, options);
}

async function fetchUrl(
  source: UrlSource,
  { base, paths, current: etag, deps }: FetchOptions,
): Promise<Incoming | undefined> {
  const path = `${base}${source.name}`;
  paths.add(path);
  const result = await download(source, {
    wallMs: deps.clock.wallMs(),
    etag,
    target: path,
    extension: extname(source.name),
    packedBytesMax: PACKED_BYTES_MAX,
    unpackedBytesMax: UNPACKED_BYTES_MAX,
    signal: deps.signal,
  });
  return result.isNew ? { path, file: source.name, validator: result.etag } : undefined;
}

async function fetchPackage(
  source: PackageSource,
  { base, paths, current, deps }: FetchOptions,
): Promise<Incoming | undefined> {
  const { npm, clock, signal, log } = deps;
  const target = `${base}package`;
  paths.add(target);
  const found = await downloadPackage(source.spec, {
    npm,
    current,
    wallMs: clock.wallMs(),
    target,
    signal: AbortSignal.any([signal, AbortSignal.timeout(PACKAGE_MS_MAX)]),
    log,
  });
  if (found === undefined) return undefined;
  const { file, version } = found;
  // Its extension says what it is.
  const path = `${base}${file}`;
  paths.add(path);
  await rename(target, path);
  return { path, file, validator: version, day: dayOfVersion(version) };
}

/** Errors: RefusalError. A file that is refused here never replaces the one that geo would start from. */
async function putInPlace(
  { path, file, day }: Incoming,
  { directory, serving, clock }: DatasetUpdateDeps,
): Promise<void> {
  if (day !== undefined) await utimes(path, day, day);
  const inspection = await inspectInThread(path, { wallMs: clock.wallMs() });
  const current = serving(file);
  if (current !== undefined) {
    const { facts } = layerOf(inspection, { name: file, modifiedAt: (await stat(path)).mtime });
    const reason = reasonAgainst(facts, current);
    if (reason !== undefined) throw new RefusalError(reason);
  }
  await rename(path, join(directory, file));
  await syncDirectory(directory);
}

/** True if the file of a source was in place and is gone: it is then downloaded again. False where only the package tells its name. */
async function isRemoved(source: UpdateSource, directory: string): Promise<boolean> {
  const file = fileOf(source);
  if (file === undefined) return false;
  return stat(join(directory, file)).then(
    () => false,
    (error) => error.code === "ENOENT",
  );
}

function installedOf(source: UpdateSource): string | undefined {
  return "spec" in source ? source.installedVersion : undefined;
}
