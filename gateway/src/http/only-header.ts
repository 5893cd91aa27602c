/** The value of a header, by its name in lower case, where a request has it exactly once; undefined where it has none or several. */
export function onlyHeader(rawHeaders: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const each = rawHeaders[at] as string;
    if (each.length !== name.length || each.toLowerCase() !== name) continue;
    if (value !== undefined) return undefined;
    value = rawHeaders[at + 1];
  }
  return value;
}
