/** The keys that ip-api documents, each with its bit in a number that stands for several of them. */
const BITS = {
  country: 0,
  countryCode: 1,
  region: 2,
  regionName: 3,
  city: 4,
  zip: 5,
  lat: 6,
  lon: 7,
  timezone: 8,
  isp: 9,
  org: 10,
  as: 11,
  reverse: 12,
  query: 13,
  status: 14,
  message: 15,
  mobile: 16,
  proxy: 17,
  district: 19,
  continent: 20,
  continentCode: 21,
  asname: 22,
  currency: 23,
  hosting: 24,
  offset: 25,
} as const;

/** One of them. */
export type IpApiField = keyof typeof BITS;

/** What is answered where a client names nothing: all of the lower sixteen but `reverse`. */
const DEFAULT = 61_439;
const NUMBER = /^\d{1,10}$/;

/** The keys that a client asks for, by their names between commas or by their number; what is neither counts for nothing. */
export function fieldsOf(text: string | undefined): ReadonlySet<IpApiField> {
  const names = Object.keys(BITS) as IpApiField[];
  if (text === undefined || text === "") return fieldsOf(`${DEFAULT}`);
  if (NUMBER.test(text)) {
    const number = Number(text);
    return new Set(names.filter((name) => Math.floor(number / 2 ** BITS[name]) % 2 === 1));
  }
  const asked = new Set(text.split(",").map((name) => name.trim()));
  return new Set(names.filter((name) => asked.has(name)));
}
