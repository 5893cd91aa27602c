/** The dataset file that an update URL makes; undefined if its path does not end with a name. */
export function fileOfUrl(url: URL): string | undefined {
  const file = url.pathname.split("/").at(-1) ?? "";
  const bare = file.replace(/\.(?:tar\.gz|tgz|gz|tar)$/i, "");
  const [, stem, extension] = /^([^.].*)\.(mmdb|csv)$/i.exec(bare) ?? [];
  if (stem !== undefined) return `${stem}.${extension?.toLowerCase()}`;
  return /^[^.]/.test(bare) ? `${bare}.mmdb` : undefined;
}

/** A part of a URL without its percent-encoding; as it stands if that is malformed. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
