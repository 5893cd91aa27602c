import { type BuiltFile, builtFiles } from "@geomesh/pages/built";
import type { FileSet, StaticFile } from "./file-set.ts";

const YEAR_SECONDS = 31_536_000;
const FOR_EVER = `public, max-age=${YEAR_SECONDS}, immutable`;
/** Its tag makes asking again cheap. */
const ASK_AGAIN = "no-cache";

/**
 * Of every page and of what it loads: nothing comes from elsewhere, nothing runs that is not a file of this server, and no page
 * of another origin may hold one of these in a frame.
 */
const SEALED = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** What the operator has chosen. */
export interface PageOptions {
  /** Whether requests without a key are answered, so that the landing page may send one. */
  readonly hasAnonymousUse: boolean;
}

/** The landing page at `/` and the API reference at `/docs`, as they were built. Errors: Error where they were not. */
export function pageFiles({ hasAnonymousUse }: PageOptions): FileSet {
  const served = builtFiles().filter(
    (file) => file.hasAnonymousUse === undefined || file.hasAnonymousUse === hasAnonymousUse,
  );
  return {
    operation: "Page",
    files: new Map(served.map((file) => [file.path, toStaticFile(file)])),
    // Relative, as a proxy may serve this server below a path.
    moved: new Map([["/docs/", "../docs"]]),
  };
}

function toStaticFile({ source, type, compressed, isImmutable }: BuiltFile): StaticFile {
  const cacheControl = isImmutable ? FOR_EVER : ASK_AGAIN;
  return { source, type, compressed, cacheControl, headers: SEALED };
}
