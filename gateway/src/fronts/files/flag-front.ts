import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "@geomesh/runtime/errors";
import { type Exchange, reply } from "../../http/exchange.ts";
import type { Fail } from "../../http/fail.ts";
import type { RequestMeters } from "../../telemetry/request-meters.ts";
import type { Front } from "../front.ts";

/** The images of the npm package `svg-country-flags` (public domain): directory and content type of each form. */
const FORMS = {
  svg: { dir: "svg", type: "image/svg+xml" },
  png: { dir: "png100px", type: "image/png" },
} as const;

const PATH = /^\/v1\/flags\/([a-z]{2})\.(svg|png)$/;
const ALLOWED = "GET, HEAD, OPTIONS";
const DAY_SECONDS = 86_400;

/** One image; its body has one character a byte, as `reply` takes it. */
interface Image {
  readonly type: string;
  readonly etag: string;
  readonly body: string;
}

/** What the flag front works with. */
export interface FlagFrontDeps {
  readonly fail: Fail;
  readonly meters: RequestMeters;
}

/**
 * Creates the front for the flags that locations link to: `/v1/flags/<country>.svg` and `.png`. They need no key, as web
 * pages show them. Each image is read once and kept in memory: about 500 images, 5 MB in all.
 */
export function createFlagFront({ fail, meters }: FlagFrontDeps): Front {
  const meter = meters.of("Flag");
  const root = path.dirname(fileURLToPath(import.meta.resolve("svg-country-flags/package.json")));
  const known = new Set(readdirSync(path.join(root, FORMS.svg.dir)));
  const images = new Map<string, Promise<Image>>();

  function imageOf(country: string, form: keyof typeof FORMS): Promise<Image> {
    const { dir, type } = FORMS[form];
    const file = path.join(root, dir, `${country}.${form}`);
    const image = images.get(file) ?? readImage(file, type);
    images.set(file, image);
    return image;
  }

  return {
    handle(exchange) {
      const [, country = "", form] = PATH.exec(exchange.path) ?? [];
      if (form === undefined) return false;
      exchange.meter = meter;
      if (!known.has(`${country}.svg`)) fail(exchange, noFlag(country));
      else if (exchange.method === "OPTIONS") reply(exchange, 204, { allow: ALLOWED }, "");
      else if (exchange.method !== "GET" && exchange.method !== "HEAD")
        refuseMethod(exchange, fail);
      else {
        imageOf(country, form as keyof typeof FORMS).then(
          (image) => send(exchange, image),
          (error) => fail(exchange, error),
        );
      }
      return true;
    },
  };
}

async function readImage(file: string, type: string): Promise<Image> {
  const bytes = await readFile(file);
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
  return { type, etag: `"${hash}"`, body: bytes.toString("latin1") };
}

function send(exchange: Exchange, { type, etag, body }: Image): void {
  const headers = {
    etag,
    "cache-control": `public, max-age=${DAY_SECONDS}`,
    // An SVG may hold scripts. These do not, and none may run.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
  };
  const known = exchange.request.headers["if-none-match"];
  if (known?.split(",").some((each) => each.trim() === etag)) reply(exchange, 304, headers, "");
  else reply(exchange, 200, { "content-type": type, ...headers }, body);
}

function refuseMethod(exchange: Exchange, fail: Fail): void {
  exchange.response.setHeader("allow", ALLOWED);
  fail(
    exchange,
    new AppError("METHOD_NOT_ALLOWED", {
      message: `${exchange.method} is not allowed here; allowed methods: ${ALLOWED}`,
    }),
  );
}

function noFlag(country: string): AppError {
  return new AppError("NOT_FOUND", { message: `no flag for country "${country}"` });
}
