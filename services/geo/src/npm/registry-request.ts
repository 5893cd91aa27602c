import { once } from "node:events";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { PublisherError } from "../downloads/publisher-error.ts";
import { retryAfterMs } from "../downloads/retry-after.ts";
import type { ConnectionOptions } from "./npm-config.ts";

const REDIRECTS_MAX = 5;
const SILENCE_MS_MAX = 60_000;
const REDIRECT_STATUSES: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

/** What a registry is asked with. */
export interface RegistryRequest {
  readonly accept: string;
  /** Sent to the origin of the URL alone: whoever a redirect names does not get it. */
  readonly authorization: string | undefined;
  readonly connection: ConnectionOptions;
  /** The current time, in milliseconds of Unix time. */
  readonly wallMs: number;
  readonly signal: AbortSignal;
}

/**
 * Gets a URL and resolves with an answer of status 200, whose body the caller reads or destroys. Follows at most 5 redirects, none
 * from https to http. Errors: PublisherError for another status; an Error for a redirect that is not followed and a registry that
 * cannot be reached.
 */
export async function askRegistry(url: URL, options: RegistryRequest): Promise<IncomingMessage> {
  const { wallMs } = options;
  let target = withoutCredentials(url);
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const isOwn = target.origin === url.origin;
    const response = await get(target, options, isOwn ? options.authorization : undefined);
    const { statusCode: status, headers } = response;
    if (status === 200) return response;
    response.destroy();
    if (!REDIRECT_STATUSES.has(status)) {
      const waitMs = retryAfterMs(headers["retry-after"] ?? null, wallMs);
      throw new PublisherError(`the registry answered with status ${status}`, waitMs);
    }
    target = redirected(target, headers.location);
  }
  throw new Error(`the registry redirects more than ${REDIRECTS_MAX} times`);
}

async function get(
  target: URL,
  { accept, connection, signal }: RegistryRequest,
  authorization: string | undefined,
): Promise<IncomingMessage> {
  const { proxyEnv, ca } = connection;
  const headers = {
    accept,
    "accept-encoding": "identity",
    "user-agent": "geomesh",
    ...(authorization !== undefined && { authorization }),
  };
  // No connection is kept: the next request comes after hours.
  const request =
    target.protocol === "https:"
      ? requestHttps(target, {
          headers,
          signal,
          agent: new HttpsAgent({ proxyEnv, ...(ca && { ca: [...ca] }) }),
        })
      : requestHttp(target, { headers, signal, agent: new HttpAgent({ proxyEnv }) });
  request.setTimeout(SILENCE_MS_MAX, () => {
    const error = new Error(`the registry says nothing for ${SILENCE_MS_MAX / 1000} s`);
    request.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
  });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

function redirected(from: URL, location: string | undefined): URL {
  const to = location === undefined ? null : URL.parse(location, from.href);
  if (to === null || !/^https?:$/.test(to.protocol)) {
    throw new Error("the registry redirects to nothing that is an http(s) URL");
  }
  if (from.protocol === "https:" && to.protocol === "http:") {
    throw new Error("the registry redirects from https to http");
  }
  return withoutCredentials(to);
}

/** What stands before the host would be sent as credentials. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}
