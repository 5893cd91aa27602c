import type { Flag } from "@geomesh/proto/grpc/geomesh/geo/v1/location";

const REGIONAL_INDICATOR_A = 0x1f1e6;
const LETTER_A = 0x41;

/** The flag of an ISO 3166-1 alpha-2 code. The URLs of its images begin with `publicUrl`; where that is empty they are paths. */
export function flagOf(code: string, publicUrl: string): Flag {
  const symbols = Array.from(
    code,
    (letter) => REGIONAL_INDICATOR_A + letter.charCodeAt(0) - LETTER_A,
  );
  const name = code.toLowerCase();
  return {
    emoji: String.fromCodePoint(...symbols),
    unicode: symbols.map((symbol) => `U+${symbol.toString(16).toUpperCase()}`).join(" "),
    svg: `${publicUrl}/v1/flags/${name}.svg`,
    png: `${publicUrl}/v1/flags/${name}.png`,
  };
}
