const PUBLIC_URL_CHARS_MAX = 256;

/**
 * The URL at which clients reach the gateway, as links begin with it: in ASCII, without a slash at its end. Undefined for what is
 * no http(s) URL of at most 256 characters, and for one with credentials, a query or a fragment.
 */
export function publicUrlOf(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.href !== url.origin + url.pathname || /[?#]$/.test(text)) return undefined;
  const { href } = url;
  return href.length <= PUBLIC_URL_CHARS_MAX ? href.replace(/\/$/, "") : undefined;
}
