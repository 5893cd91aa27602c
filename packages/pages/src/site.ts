import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const SITE = fileURLToPath(new URL("../site/", import.meta.url));
const SWAGGER_UI = path.dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));
/** A browser would ask for source maps, which are not served. */
const SOURCE_MAP = /\n?(?:\/\/|\/\*)# sourceMappingURL=[^\n]*\s*$/;

/** A file that pages refer to by its name. */
export interface Asset {
  readonly name: string;
  readonly text: string;
}

/** A page, in which `{{name}}` stands for the path of an asset. */
export interface Page {
  readonly path: string;
  readonly name: string;
  readonly text: string;
  readonly hasAnonymousUse?: boolean;
}

/** What the site is made of. */
export interface Site {
  readonly assets: readonly Asset[];
  readonly pages: readonly Page[];
}

/** Reads the site: our own files, and of Swagger UI what it needs with its licences. Errors: those of reading files. */
export function readSite(): Site {
  const own = (name: string) => readFileSync(path.join(SITE, name), "utf8");
  const swagger = (name: string) => readFileSync(path.join(SWAGGER_UI, name), "utf8");
  const assets = ["site.css", "landing.css", "landing.js", "docs.css", "docs.js", "icon.svg"];
  const landing = own("landing.html");
  return {
    assets: [
      ...assets.map((name) => ({ name, text: own(name) })),
      ...["swagger-ui.css", "swagger-ui-bundle.js"].map((name) => ({
        name,
        text: swagger(name).replace(SOURCE_MAP, "\n"),
      })),
      {
        name: "swagger-ui-licences.txt",
        text: ["NOTICE", "LICENSE", "swagger-ui-bundle.js.LICENSE.txt"].map(swagger).join("\n"),
      },
    ],
    pages: [
      { path: "/docs", name: "docs.html", text: own("docs.html") },
      ...[true, false].map((hasAnonymousUse) => ({
        path: "/",
        name: hasAnonymousUse ? "landing-anonymous.html" : "landing.html",
        text: landing.replaceAll("{{hasAnonymousUse}}", `${hasAnonymousUse}`),
        hasAnonymousUse,
      })),
    ],
  };
}

/** The bytes that decide what a build makes: our own files, the code of the build, and which Swagger UI it is. */
export function sourcesOfSite(): string[] {
  const code = path.dirname(fileURLToPath(import.meta.url));
  const files = [SITE, code].flatMap((dir) =>
    readdirSync(dir)
      .sort()
      .map((name) => path.join(dir, name)),
  );
  return [...files, path.join(SWAGGER_UI, "package.json")].map((file) =>
    readFileSync(file, "utf8"),
  );
}
