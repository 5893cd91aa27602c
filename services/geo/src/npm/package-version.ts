import type { NpmConfig } from "./npm-config.ts";
import type { PackageSpec } from "./package-spec.ts";
import { askRegistry } from "./registry-request.ts";

/** The short form, without READMEs. Source: https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
const ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";
const METADATA_BYTES_MAX = 32 * 1024 * 1024;
const SHA512 = /(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)(?:\?\S*)?(?=\s|$)/;

/** A version of a package as its registry describes it. */
export interface PackageVersion {
  readonly version: string;
  readonly tarball: URL;
  /** The SHA-512 of the tarball. */
  readonly sha512: Buffer;
  /** Why the publisher advises against it; undefined if it does not. */
  readonly deprecated: string | undefined;
}

/** What a registry is asked for. */
export interface VersionQuery {
  readonly spec: Pick<PackageSpec, "name" | "version">;
  readonly config: NpmConfig;
  /** The current time, in milliseconds of Unix time. */
  readonly wallMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks the registry for the version that a tag or a number names. Errors: an Error for a package without such a version or without a
 * SHA-512, and for metadata of more than 32 MiB; those of `askRegistry`.
 */
export async function findVersion(query: VersionQuery): Promise<PackageVersion> {
  const { spec, config } = query;
  const registry = config.registryOf(spec.name);
  const metadata = await readMetadata(registry, query);
  const tags = objectOf(metadata["dist-tags"]);
  const tagged = ownText(tags, spec.version);
  const version = tagged ?? spec.version;
  const versions = objectOf(metadata["versions"]);
  if (!Object.hasOwn(versions, version)) {
    throw new Error(`the registry has no version ${spec.version} of ${spec.name}`);
  }
  const manifest = objectOf(versions[version]);
  const dist = objectOf(manifest["dist"]);
  const digest = SHA512.exec(ownText(dist, "integrity") ?? "")?.[1];
  if (digest === undefined) {
    throw new Error(`the registry states no SHA-512 of ${spec.name} ${version}`);
  }
  const tarball = URL.parse(ownText(dist, "tarball") ?? "");
  if (tarball === null || !/^https?:$/.test(tarball.protocol)) {
    throw new Error(`the registry states no http(s) URL of ${spec.name} ${version}`);
  }
  return {
    version,
    tarball: config.tarballUrl(tarball.href, registry),
    sha512: Buffer.from(digest, "base64"),
    deprecated: ownText(manifest, "deprecated"),
  };
}

async function readMetadata(
  registry: URL,
  { spec, config, wallMs, signal }: VersionQuery,
): Promise<Record<string, unknown>> {
  const url = new URL(spec.name.replace("/", "%2f"), registry);
  const authorization = config.authorizationFor(url, registry);
  const { connection } = config;
  const body = await askRegistry(url, {
    accept: ACCEPT,
    authorization,
    connection,
    wallMs,
    signal,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > METADATA_BYTES_MAX) throw new Error("the registry's metadata exceed 32 MiB");
    chunks.push(chunk);
  }
  try {
    return objectOf(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  } catch {
    throw new Error("the registry's metadata are not JSON");
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : {};
}

function ownText(object: Record<string, unknown>, key: string): string | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}
