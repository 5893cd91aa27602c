import { type Answer, type Door, locationAnswer } from "./answer.ts";
import { type DoorCalls, type DoorDeps, mapSome } from "./rest.ts";

/** A door for clients of another vendor, which tells less of a location, and in its own words. */
export interface FacadeDoor {
  readonly name: string;
  /** True where it takes a call for each address. */
  readonly isNarrow: boolean;
  readonly ask: Door;
  /** What is left of an answer there. */
  readonly view: (answer: Answer) => Answer;
}

const IP_API_BATCH = 100;
const IPINFO_BATCH = 1_000;
const COORDINATE_DIGITS = 4;
/** What an answer is where there is no location to tell, or no address. */
const NO_LOCATION: Answer = { error: "no location" };
const NO_ADDRESS: Answer = { error: "no address" };
/** An address of which none of these is known has no location. */
const PLACED = [
  ...["country_code", "registered_country_code", "continent_code", "latitude"],
  ...["connection.autonomous_system_number", "connection.isp_name"],
  ...["connection.organization_name", "connection.connection_type"],
];
const NOT_ABSTRACTS = [
  ...["timezone.utc_offset_seconds", "currency.currency_symbol", "connection.domain"],
  ...["connection.is_mobile", "connection.is_satellite", "connection.is_anycast"],
  ...["security.is_proxy", "security.is_tor", "security.is_hosting", "security.is_relay"],
];

/** The doors of all vendors. */
export function facadeDoors(calls: DoorCalls, deps: DoorDeps): FacadeDoor[] {
  return [abstract(calls, deps), ipApi(calls, deps), ipinfo(calls, deps), maxmind(calls, deps)];
}

function located(view: (answer: Answer) => Answer): (answer: Answer) => Answer {
  return (answer) => {
    if (answer["error"] !== undefined) return NO_ADDRESS;
    const isUnknown = PLACED.every((name) => answer[name] === undefined);
    const hasNone = answer["special_purpose"] !== undefined || isUnknown;
    return hasNone ? NO_LOCATION : view(answer);
  };
}

/** By the names of the door, the values that have another name here. */
function renamed(answer: Answer, names: Readonly<Record<string, string>>): Answer {
  const pairs = Object.entries(names).map(([to, from]) => [to, answer[from]] as const);
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** As `renamed`, of doors that leave out what is false. */
function onlyTrue(answer: Answer, names: Readonly<Record<string, string>>): Answer {
  const pairs = Object.entries(renamed(answer, names));
  return Object.fromEntries(pairs.filter(([, text]) => text === "true"));
}

/** What a door writes for what is unknown: an empty text. */
function known(json: object): Answer {
  return Object.fromEntries(Object.entries(locationAnswer(json)).filter(([, text]) => text !== ""));
}

function abstract(calls: DoorCalls, { language }: DoorDeps): FacadeDoor {
  return {
    name: "Abstract",
    isNarrow: true,
    ask: (addresses) =>
      mapSome(addresses, async (address) => {
        const query = new URLSearchParams({ ip_address: address, lang: language });
        const { response, text } = await calls.send(`/v1?${query}`);
        if (response.statusCode === 204) return NO_LOCATION;
        return response.statusCode === 200 ? locationAnswer(JSON.parse(text)) : noAddress(text);
      }),
    view: located((answer) =>
      Object.fromEntries(Object.entries(answer).filter(([name]) => !NOT_ABSTRACTS.includes(name))),
    ),
  };
}

/** Errors: Error for any other refusal. */
function noAddress(text: string): Answer {
  if (!/ip_address|IP_ADDRESS_INVALID|IP address/.test(text)) throw new Error(text);
  return NO_ADDRESS;
}

const IP_API_NAMES = {
  ...{ query: "ip_address", continent: "continent", country: "country", city: "city" },
  ...{ countryCode: "country_code", region: "region_iso_code", regionName: "region" },
  ...{ zip: "postal_code", lat: "latitude", lon: "longitude", timezone: "timezone.name" },
  ...{ currency: "currency.currency_code", isp: "connection.isp_name" },
  ...{ mobile: "connection.is_mobile", hosting: "security.is_hosting" },
};

function ipApi(calls: DoorCalls, { key, language }: DoorDeps): FacadeDoor {
  const fields = `status,message,${Object.keys(IP_API_NAMES).join(",")}`;
  const query = new URLSearchParams({ key, fields, lang: language });
  return {
    name: "ip-api",
    isNarrow: false,
    async ask(addresses) {
      const answers: Answer[] = [];
      for (let from = 0; from < addresses.length; from += IP_API_BATCH) {
        const body = JSON.stringify(addresses.slice(from, from + IP_API_BATCH));
        const { text } = await calls.send(`/compat/ip-api/batch?${query}`, {
          body,
          isKeyless: true,
        });
        for (const { status, message, ...rest } of JSON.parse(text)) {
          const failure = message === "invalid query" ? NO_ADDRESS : NO_LOCATION;
          answers.push(status === "success" ? known(rest) : failure);
        }
      }
      return answers;
    },
    view: located((answer) => renamed(answer, IP_API_NAMES)),
  };
}

/** Names are in English there, whatever is asked for, so they are left out. */
function ipinfo(calls: DoorCalls, { key }: DoorDeps): FacadeDoor {
  return {
    name: "ipinfo",
    isNarrow: false,
    async ask(addresses) {
      const found: Record<string, Record<string, unknown>> = {};
      for (let from = 0; from < addresses.length; from += IPINFO_BATCH) {
        const body = JSON.stringify(addresses.slice(from, from + IPINFO_BATCH));
        const { text } = await calls.send(`/compat/ipinfo/batch?token=${key}`, {
          body,
          isKeyless: true,
        });
        Object.assign(found, JSON.parse(text));
      }
      return addresses.map((address): Answer => {
        const { city: _city, region: _region, org: _org, ...rest } = found[address] ?? {};
        if ("bogon" in rest) return NO_LOCATION;
        return "ip" in rest ? known(rest) : NO_ADDRESS;
      });
    },
    view: (answer) => {
      if (answer["error"] !== undefined) return NO_ADDRESS;
      if (answer["special_purpose"] !== undefined) return NO_LOCATION;
      const { latitude, longitude } = answer;
      const isPlaced = latitude !== undefined && longitude !== undefined;
      const degrees = (value: string) => Number(value).toFixed(COORDINATE_DIGITS);
      return {
        ...renamed(answer, {
          ...{ ip: "ip_address", country: "country_code", postal: "postal_code" },
          timezone: "timezone.name",
        }),
        ...onlyTrue(answer, { anycast: "connection.is_anycast" }),
        ...(isPlaced && { loc: `${degrees(latitude)},${degrees(longitude)}` }),
      };
    },
  };
}

const MAXMIND_NAMES = {
  ...{ "traits.ip_address": "ip_address", "traits.network": "network" },
  ...{ "country.iso_code": "country_code", "continent.code": "continent_code" },
  ...{ "registered_country.iso_code": "registered_country_code" },
  ...{ "location.latitude": "latitude", "location.longitude": "longitude" },
  ...{ "location.time_zone": "timezone.name", "postal.code": "postal_code" },
  ...{ "city.geoname_id": "city_geoname_id", "country.geoname_id": "country_geoname_id" },
  ...{ "traits.autonomous_system_number": "connection.autonomous_system_number" },
};

const MAXMIND_TRUTHS = { "traits.is_anycast": "connection.is_anycast" };

function maxmind(calls: DoorCalls, { key }: DoorDeps): FacadeDoor {
  const credential = Buffer.from(`1:${key}`).toString("base64");
  const headers = { authorization: `Basic ${credential}` };
  return {
    name: "MaxMind",
    isNarrow: true,
    ask: (addresses) =>
      mapSome(addresses, async (address) => {
        const path = `/geoip/v2.1/city/${encodeURIComponent(address)}`;
        const { response, text } = await calls.send(path, { headers, isKeyless: true });
        if (/IP_ADDRESS_RESERVED|IP_ADDRESS_NOT_FOUND/.test(text)) return NO_LOCATION;
        if (response.statusCode !== 200) return noAddress(text);
        const answer = locationAnswer(JSON.parse(text));
        const names = [MAXMIND_NAMES, MAXMIND_TRUTHS].flatMap(Object.keys);
        return Object.fromEntries(Object.entries(answer).filter(([name]) => names.includes(name)));
      }),
    view: located((answer) => ({
      ...renamed(answer, MAXMIND_NAMES),
      ...onlyTrue(answer, MAXMIND_TRUTHS),
    })),
  };
}
