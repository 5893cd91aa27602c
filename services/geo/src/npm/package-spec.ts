/** What begins the text of a package. */
export const PACKAGE_SCHEME = "npm:";

/** A package of an npm registry, and the file in it. */
export interface PackageSpec {
  /** With its scope, as `@scope/name`. */
  readonly name: string;
  /** A tag such as `latest`, or an exact version. */
  readonly version: string;
  /** The path of the file inside the package; undefined for the only dataset in it. */
  readonly path: string | undefined;
}

const PACKAGE =
  /^npm:(?<name>(?:@[a-z0-9~][\w.~-]{0,99}\/)?[a-z0-9~][\w.~-]{0,99})(?:@(?<version>[a-z0-9][\w.+-]{0,99}))?(?:\/(?<path>[^\s?#]{1,500}))?$/i;
const DATASET_FILE = /^([^.].*)\.(mmdb|csv)(?:\.gz)?$/i;

/**
 * Reads `npm:<package>`, `npm:<package>@<tag or version>`, either also with `/<path inside>` of an `.mmdb` or `.csv` file, which may
 * end in `.gz`. Undefined for anything else, such as a range of versions.
 */
export function parsePackage(text: string): PackageSpec | undefined {
  const { name, version = "latest", path } = PACKAGE.exec(text)?.groups ?? {};
  if (name === undefined) return undefined;
  if (path !== undefined && datasetFileOf(path) === undefined) return undefined;
  return { name, version, path };
}

/** The name that a file of a package has in the datasets directory; undefined for one that is no dataset by its name. */
export function datasetFileOf(path: string): string | undefined {
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part.startsWith("."))) return undefined;
  const [, stem, extension] = DATASET_FILE.exec(parts.at(-1) ?? "") ?? [];
  return stem === undefined ? undefined : `${stem}.${extension?.toLowerCase()}`;
}
