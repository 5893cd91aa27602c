import { isIPv6 } from "node:net";
import { AppError } from "@geomesh/runtime/errors";

/** `uri-host [ ":" port ]` of RFC 3986 and RFC 9110 (section 7.2), with what stands in the brackets of IPv6 apart. */
const HOST = /^(?:\[([^\]]*)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})+)(?::\d{0,5})?$/i;

/** Checks how a request names its host. Errors: INVALID_ARGUMENT where it must and does not, or does so wrongly. */
export type CheckHost = (host: string | undefined, httpVersion: string) => void;

/**
 * Creates a check of hosts. HTTP/1.1 must name one (RFC 9112, section 3.2), HTTP/1.0 may. It remembers the last good one, as
 * most requests of a server name the same.
 */
export function createHostCheck(): CheckHost {
  let good: string | undefined;
  return (host, httpVersion) => {
    if (host === undefined) {
      if (httpVersion === "1.1") throw invalid("an HTTP/1.1 request needs a Host header");
    } else if (host !== good) {
      if (!isHost(host)) throw invalid("the request must name one valid host");
      good = host;
    }
  };
}

/** True for a valid name or address with or without a port. */
function isHost(text: string): boolean {
  const found = HOST.exec(text);
  return found !== null && (found[1] === undefined || isIPv6(found[1]));
}

const invalid = (message: string) => new AppError("INVALID_ARGUMENT", { message });
