import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { type BuiltFile, type Manifest, manifestIn, readManifest } from "./built.ts";
import { type Asset, readSite, type Site, sourcesOfSite } from "./site.ts";

const HASH_CHARS = 12;
const GZIP_LEVEL = 9;
/** Of 0 to 11. The highest takes 4 s for Swagger UI instead of 0.15 s, and makes it a twelfth smaller. */
const BROTLI_QUALITY = 9;
const ASSETS = "assets";
const CODINGS = ["br", "gzip"] as const;
/** An asset that a page names. */
const LINK = /\{\{([^}]*)\}\}/g;
/** A whole file of a build. */
const HASHED = /\.[0-9a-f]{12}\.[a-z]+(?:\.br|\.gzip)?$/;

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

const COMPRESS = {
  br: (bytes: Uint8Array) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: (bytes: Uint8Array) => promisify(gzip)(bytes, { level: GZIP_LEVEL }),
} as const;

/** A file of the site, before it is written. */
interface Made extends Pick<BuiltFile, "path" | "isImmutable" | "hasAnonymousUse"> {
  readonly name: string;
  readonly text: string;
}

/** Whether what is in a directory was built from the sources that are there. */
export function isBuilt(dir: string): boolean {
  return readManifest(dir)?.madeFrom === hashOfSources();
}

/**
 * Builds the pages into a directory; several may do so at once. What the build before has made stays too, as a gateway that
 * runs may not have read it yet. Errors: Error for a page that names an asset which is not there; those of the file system.
 */
export async function buildPages(dir: string, site = readSite()): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const before = readManifest(dir);
  const madeFrom = hashOfSources();
  const files = await Promise.all(makeFiles(site).map((made) => write(dir, made)));
  const manifest = { madeFrom, files };
  writeWhole(manifestIn(dir), `${JSON.stringify(manifest, undefined, 2)}\n`);
  removeOthers(dir, before === undefined ? [manifest] : [manifest, before]);
}

/** The files of a site, with the paths at which they are served, which pages name relative to themselves. */
export function makeFiles({ assets, pages }: Site): Made[] {
  const names = new Map(assets.map((asset) => [asset.name, hashedName(asset)]));
  const link = (page: string, asset: string) => {
    const name = names.get(asset);
    if (name === undefined) throw new Error(`${page} names ${asset}, which is no asset`);
    return `${ASSETS}/${name}`;
  };
  return [
    ...assets.map(({ name, text }) => ({
      ...{ name, text },
      path: `/${ASSETS}/${hashedName({ name, text })}`,
      isImmutable: true,
    })),
    ...pages.map((page) => ({
      ...page,
      text: page.text.replaceAll(LINK, (_all, asset: string) => link(page.name, asset)),
      isImmutable: false,
    })),
  ];
}

/** Writes a file, and each compressed form of it that is smaller. */
async function write(dir: string, { name, text, ...served }: Made): Promise<BuiltFile> {
  const extension = path.extname(name);
  const type = TYPES[extension];
  if (type === undefined) throw new Error(`${name}: no media type for ${extension}`);
  const bytes = Buffer.from(text);
  const source = hashedName({ name, text });
  writeWhole(path.join(dir, source), bytes);
  const compressed: Partial<Record<keyof typeof COMPRESS, string>> = {};
  for (const coding of CODINGS) {
    const fewer = await COMPRESS[coding](bytes);
    if (fewer.length >= bytes.length) continue;
    compressed[coding] = `${source}.${coding}`;
    writeWhole(path.join(dir, `${source}.${coding}`), fewer);
  }
  return { ...served, type, source, compressed };
}

/** Writes a file so that nobody sees a part of it. */
function writeWhole(file: string, content: string | Uint8Array): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, file);
}

function removeOthers(dir: string, manifests: readonly Manifest[]): void {
  const kept = new Set(
    manifests.flatMap(({ files }) =>
      files.flatMap(({ source, compressed }) => [source, ...Object.values(compressed)]),
    ),
  );
  for (const name of readdirSync(dir)) {
    // Another build may write a file under an unfinished name.
    if (!kept.has(name) && HASHED.test(name)) rmSync(path.join(dir, name), { force: true });
  }
}

function hashedName({ name, text }: Asset): string {
  const { name: stem, ext } = path.parse(name);
  return `${stem}.${hashOf(text)}${ext}`;
}

const hashOfSources = () => hashOf(sourcesOfSite().join("\0"));

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_CHARS);
}
