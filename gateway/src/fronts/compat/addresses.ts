import type { AppError } from "@geomesh/runtime/errors";

const ADDRESS_CHARS_MAX = 64;

/** True for the error of a request whose one address is none. */
export function isBadAddress({ reason, fields }: AppError): boolean {
  return reason === "INVALID_ARGUMENT" && fields.some(({ field }) => field === "ip_address");
}

/** A text of which only an address is located: what is longer than any address, and names of the gateway's own, are none. */
export function onlyAddress(text: string): string {
  const isName = !/[.:]/.test(text);
  return isName || text.length > ADDRESS_CHARS_MAX ? NO_ADDRESS : text;
}

/** What no address is, and every request may have. */
export const NO_ADDRESS = "-";
