import { readFile } from "node:fs/promises";
import { decoded } from "../update-url.ts";
import { type NpmEnvironment, type NpmOptions, readNpmOptions } from "./npmrc.ts";

const DEFAULT_REGISTRY = "https://registry.npmjs.org/";
/** Mirrors repeat its addresses in their metadata. */
const PUBLIC_HOST = "registry.npmjs.org";

/** Where a connection goes through, and whom it believes. */
export interface ConnectionOptions {
  /** As Node's agents take it. */
  readonly proxyEnv: NodeJS.ProcessEnv;
  /** Authorities in PEM; undefined for those of Node. */
  readonly ca: readonly string[] | undefined;
}

/** The configuration of npm, as far as it says how to get a package. */
export class NpmConfig {
  readonly connection: ConnectionOptions;
  readonly #options: NpmOptions;

  private constructor(options: NpmOptions, connection: ConnectionOptions) {
    this.#options = options;
    this.connection = connection;
  }

  /** Reads the configuration as it is now. Errors: an Error for a file that cannot be read. */
  static async read(where: NpmEnvironment): Promise<NpmConfig> {
    const options = await readNpmOptions(where);
    const proxyEnv = proxiesOf(options, where);
    return new NpmConfig(options, { proxyEnv, ca: await authorities(options) });
  }

  /** The registry of a package: that of its scope, or the common one. Errors: an Error for a text that is no http(s) URL. */
  registryOf(packageName: string): URL {
    const scope = packageName.startsWith("@") ? packageName.split("/")[0] : undefined;
    const scoped = scope && this.#text(`${scope}:registry`);
    const text = scoped || this.#text("registry") || DEFAULT_REGISTRY;
    const url = URL.parse(text.endsWith("/") ? text : `${text}/`);
    // The text itself stays out of the message: it may hold a password.
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new Error("npm's configuration names a registry that is not an http(s) URL");
    }
    return url;
  }

  /** Where a tarball is: at the registry, if the metadata names the public one and another is configured. */
  tarballUrl(text: string, registry: URL): URL {
    const url = new URL(text);
    if (url.hostname !== PUBLIC_HOST || registry.hostname === PUBLIC_HOST) return url;
    return new URL(registry.pathname.replace(/\/$/, "") + url.pathname, registry);
  }

  /**
   * The value of `Authorization` for a URL: what is configured for its host and a beginning of its path, or what the registry itself
   * asks for, if that has the same origin. None for http where the registry is https: metadata must not put a secret on the wire.
   */
  authorizationFor(url: URL, registry: URL): string | undefined {
    if (registry.protocol === "https:" && url.protocol !== "https:") return undefined;
    const own = this.#authorizationOf(url);
    return own ?? (url.origin === registry.origin ? this.#authorizationOf(registry) : undefined);
  }

  /** Keys are `//<host>/<path>/:<what>`, with or without the last slash; the longest path wins. */
  #authorizationOf({ host, pathname, username, password }: URL): string | undefined {
    if (username !== "" || password !== "") {
      return basic(`${decoded(username)}:${decoded(password)}`);
    }
    const parts = pathname.split("/").filter((part) => part !== "");
    for (let count = parts.length; count >= 0; count--) {
      const path = ["", ...parts.slice(0, count)].join("/");
      const found = this.#credential(`//${host}${path}/:`) ?? this.#credential(`//${host}${path}:`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #credential(prefix: string): string | undefined {
    const token = this.#text(`${prefix}_authToken`);
    if (token) return `Bearer ${token}`;
    const encoded = this.#text(`${prefix}_auth`);
    if (encoded) return `Basic ${encoded}`;
    const [user, password] = [this.#text(`${prefix}username`), this.#text(`${prefix}_password`)];
    if (!user || !password) return undefined;
    return basic(`${user}:${Buffer.from(password, "base64").toString("utf8")}`);
  }

  #text(name: string): string | undefined {
    return textOf(this.#options, name);
  }
}

function textOf(options: NpmOptions, name: string): string | undefined {
  const value = options.get(name);
  return typeof value === "string" && value !== "null" ? value : undefined;
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

function proxiesOf(options: NpmOptions, { env }: NpmEnvironment): NodeJS.ProcessEnv {
  const http = textOf(options, "proxy") ?? env["http_proxy"] ?? env["HTTP_PROXY"];
  const https =
    textOf(options, "https-proxy") ??
    textOf(options, "proxy") ??
    env["https_proxy"] ??
    env["HTTPS_PROXY"] ??
    http;
  const none = textOf(options, "noproxy") ?? env["no_proxy"] ?? env["NO_PROXY"];
  return {
    ...(http && { HTTP_PROXY: http }),
    ...(https && { HTTPS_PROXY: https }),
    ...(none && { NO_PROXY: none }),
  };
}

async function authorities(options: NpmOptions): Promise<readonly string[] | undefined> {
  const file = textOf(options, "cafile");
  if (file) {
    const pem = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new Error(`npm's cafile ${file} cannot be read (${error.code})`);
    });
    return [pem];
  }
  const value = options.get("ca");
  if (value === undefined || value === "null" || value === "") return undefined;
  const texts = typeof value === "string" ? [value] : value;
  return texts.map((text) => text.replaceAll("\\n", "\n"));
}
