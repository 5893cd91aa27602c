import { expect, onTestFinished, test } from "vitest";
import { http1, type Sent } from "../../http/testing/clients.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { pipelineForTest } from "../../rpc/testing/pipeline.ts";
import { startTestFronts } from "../testing/fronts.ts";
import { UNKNOWN, WHOLE } from "./testing/locations.ts";

const UNKNOWN_ADDRESS = `${UNKNOWN.ipAddress}`;

/** What a façade answers a caller whose plan allows some groups of keys. */
async function answerOf(fieldGroups: string[], sent: Sent) {
  const principal = principalForTest({ plan: { fieldGroups } });
  const pipeline = await pipelineForTest();
  pipeline.geo.answerOf = (ipAddress) => {
    const value = ipAddress === UNKNOWN_ADDRESS ? UNKNOWN : { ...WHOLE, ipAddress };
    return { result: { case: "location", value } };
  };
  await pipeline.lease(principal);
  const authenticate = () => principal;
  const fronts = await startTestFronts(undefined, { authenticate, policy: pipeline.policy });
  onTestFinished(() => fronts.close());
  const { status, body } = await http1(fronts.port, sent);
  return [status, body.startsWith("{") || body.startsWith("[") ? JSON.parse(body) : body.trim()];
}

const PLACED = "81.2.69.142";
const QUERY = "fields=query,status,country,countryCode,timezone,currency,isp,hosting,proxy";
const NO_TEXTS = { country: "", countryCode: "", timezone: "", currency: "", isp: "" };
const SECURE = { status: "success", ...NO_TEXTS, proxy: false, hosting: true };

test.each<[who: string, groups: string[], sent: Sent, answer: unknown]>([
  [
    "Abstract",
    ["security"],
    { path: `/v1?ip_address=${PLACED}&fields=city,security,timezone,flag` },
    {
      city: null,
      timezone: {
        name: null,
        abbreviation: null,
        gmt_offset: null,
        current_time: null,
        is_dst: null,
      },
      flag: { emoji: null, unicode: null, png: null, svg: null },
      security: { is_vpn: false },
    },
  ],
  [
    "MaxMind",
    ["security"],
    { path: `/geoip/v2.1/insights/${PLACED}` },
    {
      traits: {
        ...{ ip_address: PLACED, network: "81.2.69.128/25" },
        ...{ is_anonymous: true, is_hosting_provider: true },
      },
      maxmind: expect.anything(),
    },
  ],
  [
    "MaxMind, names as well",
    ["place"],
    { path: `/geoip/v2.1/country/${PLACED}` },
    expect.objectContaining({
      continent: expect.objectContaining({ names: { en: "Europe", de: "Europa" } }),
      traits: { ip_address: PLACED, network: "81.2.69.128/25" },
    }),
  ],
  [
    "ipinfo",
    ["security", "timezone"],
    { path: `/compat/ipinfo/${PLACED}` },
    { ip: PLACED, timezone: "Europe/London" },
  ],
  ["ipinfo, one value", ["security"], { path: `/compat/ipinfo/${PLACED}/country` }, ""],
  [
    "ip-api",
    ["security"],
    { path: `/compat/ip-api/json/${PLACED}?${QUERY}` },
    { ...SECURE, query: PLACED },
  ],
  [
    "ip-api, in two languages",
    ["security"],
    {
      ...{ method: "POST", path: `/compat/ip-api/batch?${QUERY}` },
      body: JSON.stringify([PLACED, { query: PLACED, lang: "de" }]),
    },
    [
      { ...SECURE, query: PLACED },
      { ...SECURE, query: PLACED },
    ],
  ],
])("%s writes what a plan leaves out as unknown (%j)", async (_who, groups, sent, answer) => {
  expect(await answerOf(groups, sent)).toEqual([200, answer]);
});

test("an address is unknown where the plan tells what is known", async () => {
  const sent = { path: `/v1?ip_address=${UNKNOWN_ADDRESS}&fields=country` };
  expect(await answerOf(["place"], sent)).toEqual([204, ""]);
  expect(await answerOf(["connection"], sent)).toEqual([204, ""]);
  expect(await answerOf(["flag", "security"], sent)).toEqual([200, { country: null }]);
});
