import http, { type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { type Answer, type Door, entryAnswer, errorAnswer, locationAnswer } from "./answer.ts";
import { readCsv } from "./csv.ts";

/** Where doors are, and who asks. */
export interface DoorDeps {
  readonly baseUrl: string;
  readonly key: string;
  readonly language: string;
  /** The keys that are asked for; default is that none is named. */
  readonly fields?: readonly string[];
}

/** The keys as a parameter of REST, or in its JSON; nothing where none is named. */
const masksOf = ({ fields }: DoorDeps) => (fields === undefined ? {} : { fields: fields.join() });

/** A value that one address is asked for. */
export interface AskedValue {
  readonly address: string;
  readonly field: string;
}

const BATCH_SIZE = 1_000;
const UNDER_WAY = 32;

/** What a request has beside its path. */
interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** True where the key is elsewhere than in the header of our own. */
  readonly isKeyless?: boolean;
}

/** Calls of the doors over HTTP/1.1 on a few connections that stay open, which cost a test less than `fetch`. */
export class DoorCalls {
  readonly #deps: DoorDeps;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: UNDER_WAY });

  constructor(deps: DoorDeps) {
    this.#deps = deps;
  }

  /** One request; a body makes it a POST of JSON. */
  async send(
    path: string,
    { headers, body, isKeyless = false }: Sent = {},
  ): Promise<{ response: IncomingMessage; text: string }> {
    const { baseUrl, key } = this.#deps;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const request = http.request(baseUrl + path, {
      method: body === undefined ? "GET" : "POST",
      agent: this.#agent,
      headers: { ...(!isKeyless && { "x-api-key": key }), ...json, ...headers },
    });
    request.on("response", resolve).on("error", reject).end(body);
    const response = await promise;
    return { response, text: await text(response) };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Works on many things, some at a time, and keeps their order. */
export async function mapSome<T, R>(
  all: readonly T[],
  work: (one: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(all.length);
  let next = 0;
  const workers = Array.from({ length: UNDER_WAY }, async () => {
    while (next < all.length) {
      const at = next++;
      results[at] = await work(all[at] as T, at);
    }
  });
  await Promise.all(workers);
  return results;
}

function problemAnswer(body: string): Answer {
  const { code, errors = [] } = JSON.parse(body);
  return errorAnswer(code, errors[0]?.detail ?? body);
}

/** `GET /v1/locations/{ip_address}`. */
export const restDoor = (calls: DoorCalls, deps: DoorDeps): Door => {
  const query = new URLSearchParams({ language: deps.language, ...masksOf(deps) });
  return (addresses) =>
    mapSome(addresses, async (address) => {
      const path = `/v1/locations/${encodeURIComponent(address)}?${query}`;
      const { response, text: body } = await calls.send(path);
      return response.statusCode === 200 ? locationAnswer(JSON.parse(body)) : problemAnswer(body);
    });
};

/** `GET /v1/locations/{ip_address}/{field}`: of each address one value, or why there is none. */
export async function askValues(
  calls: DoorCalls,
  { language }: DoorDeps,
  asked: readonly AskedValue[],
): Promise<Answer[]> {
  return mapSome(asked, async ({ address, field }) => {
    const path = `/v1/locations/${encodeURIComponent(address)}/${field}?language=${language}`;
    const { response, text: body } = await calls.send(path);
    if (response.statusCode !== 200) return problemAnswer(body);
    const value = body.replace(/\n$/, "");
    return value === "" ? {} : { [field]: value };
  });
}

async function byBatches(
  addresses: readonly string[],
  ask: (part: readonly string[]) => Promise<Answer[]>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let from = 0; from < addresses.length; from += BATCH_SIZE) {
    answers.push(...(await ask(addresses.slice(from, from + BATCH_SIZE))));
  }
  return answers;
}

/** `POST /v1/locations:batchGet`. */
export const batchDoor = (calls: DoorCalls, deps: DoorDeps): Door => {
  const { language } = deps;
  return (addresses) =>
    byBatches(addresses, async (part) => {
      const body = JSON.stringify({ ip_addresses: part, language, ...masksOf(deps) });
      const { text: json } = await calls.send("/v1/locations:batchGet", { body });
      return JSON.parse(json).results.map(entryAnswer);
    });
};

/** The same as CSV. */
export const csvDoor = (calls: DoorCalls, deps: DoorDeps): Door => {
  return (addresses) =>
    byBatches(addresses, async (part) => {
      const body = JSON.stringify({ ip_addresses: part, ...masksOf(deps) });
      const headers = { accept: "text/csv", "accept-language": deps.language };
      const { text: csv } = await calls.send("/v1/locations:batchGet", { headers, body });
      return readCsv(csv).map((record) => {
        const { "error.code": code, "error.message": message, ...location } = record;
        if (code !== undefined) return errorAnswer(code, `${message}`);
        const cells = Object.entries(location).map(([name, cell]) => [name, cellValue(name, cell)]);
        return locationAnswer(Object.fromEntries(cells));
      });
    });
};

/** Maps and lists have the JSON of all their values in one cell. */
function cellValue(name: string, cell: string | undefined): unknown {
  return cell !== undefined && MANY.test(name) ? JSON.parse(cell) : cell;
}

const MANY = /^names\.|^country_facts\.(?:calling_codes|languages)$/;

/** `POST /v1/locations:stream`: half of the lines as they are, half as JSON. */
export const linesDoor = (calls: DoorCalls, deps: DoorDeps): Door => {
  const query = new URLSearchParams({ language: deps.language, ...masksOf(deps) });
  return async (addresses) => {
    const lines = addresses.map((address, at) =>
      at % 2 === 0 ? address : JSON.stringify({ ip_address: address }),
    );
    const headers = { "content-type": "application/x-ndjson" };
    const body = `${lines.join("\n")}\n`;
    const path = `/v1/locations:stream?${query}`;
    const { text: answer } = await calls.send(path, { headers, body });
    return answer
      .trimEnd()
      .split("\n")
      .map((line) => entryAnswer(JSON.parse(line)));
  };
};
