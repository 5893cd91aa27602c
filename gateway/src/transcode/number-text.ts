const PLAIN_WHOLE = /^-?\d{1,20}$/;
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
/** No number of 64 bits needs as much, also with zeros about. */
const CHARS_MAX = 100;
const ZEROS = /^0*$/;

/**
 * Reads a whole number exactly. As in proto3 JSON (https://protobuf.dev/programming-guides/json/) it may have a fraction or an
 * exponent as long as its value is whole: `1e3`, `1.0`, `-2.5e1`. Undefined for anything else, and beyond 100 characters.
 */
export function readWhole(text: string): bigint | undefined {
  if (PLAIN_WHOLE.test(text)) return BigInt(text);
  if (text.length > CHARS_MAX) return undefined;
  const [, sign, whole, fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = `${whole}${fraction}`;
  const point = Math.max(0, whole.length + Number(exponent));
  if (!ZEROS.test(digits.slice(point))) return undefined;
  return BigInt(`${sign}${digits.slice(0, point).padEnd(point, "0") || "0"}`);
}

/**
 * Reads a number as proto3 JSON writes one, also `NaN`, `Infinity` and `-Infinity`. Undefined for anything else, such as a
 * hexadecimal number, and for a number that a double cannot hold.
 */
export function readDecimal(text: string): number | undefined {
  if (text === "NaN") return Number.NaN;
  if (text === "Infinity") return Number.POSITIVE_INFINITY;
  if (text === "-Infinity") return Number.NEGATIVE_INFINITY;
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
