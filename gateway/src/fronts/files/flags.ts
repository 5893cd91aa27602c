import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "@geomesh/runtime/errors";
import type { FileSet, StaticFile } from "./file-set.ts";

/** The images of the npm package `svg-country-flags` (public domain): directory and media type of each form. */
const FORMS = [
  { dir: "svg", type: "image/svg+xml" },
  { dir: "png100px", type: "image/png" },
] as const;

const PATH = /^\/v1\/flags\/([a-z]{2})\.(?:svg|png)$/;
const DAY_SECONDS = 86_400;

/**
 * The flags that locations link to: `/v1/flags/<country>.svg` and `.png`, about 500 images. They need no key, as web pages
 * show them.
 */
export function flagFiles(): FileSet {
  const root = path.dirname(fileURLToPath(import.meta.resolve("svg-country-flags/package.json")));
  const files = new Map<string, StaticFile>();
  for (const { dir, type } of FORMS) {
    for (const name of readdirSync(path.join(root, dir))) {
      const at = `/v1/flags/${name}`;
      // The package has flags of parts of countries too, which no location links to.
      if (PATH.test(at)) files.set(at, image(path.join(root, dir, name), type));
    }
  }
  return { operation: "Flag", files, missing: noFlag };
}

function image(source: string, type: string): StaticFile {
  return {
    source,
    type,
    cacheControl: `public, max-age=${DAY_SECONDS}`,
    // An SVG may hold scripts. These do not, and none may run.
    headers: { "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'" },
  };
}

function noFlag(at: string): AppError | undefined {
  const [, country] = PATH.exec(at) ?? [];
  if (country === undefined) return undefined;
  return new AppError("NOT_FOUND", { message: `no flag for country "${country}"` });
}
