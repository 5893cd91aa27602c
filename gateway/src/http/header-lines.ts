const NONE: readonly string[] = [];

/** The values of a header in a request, by its name in lower case: one for each time that it stands there. */
export function headerLines(rawHeaders: readonly string[], name: string): readonly string[] {
  let lines: string[] | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const each = rawHeaders[at] as string;
    if (each.length !== name.length || each.toLowerCase() !== name) continue;
    lines ??= [];
    lines.push(rawHeaders[at + 1] as string);
  }
  return lines ?? NONE;
}

/** The value of a header that a request has exactly once; undefined where it has none or several. */
export function onlyHeader(rawHeaders: readonly string[], name: string): string | undefined {
  const lines = headerLines(rawHeaders, name);
  return lines.length === 1 ? lines[0] : undefined;
}
