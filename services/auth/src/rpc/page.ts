import { AppError } from "@geomesh/runtime/errors";

const PAGE_SIZE_DEFAULT = 100;
const TOKEN_CHARACTERS_MAX = 256;
const SEPARATOR = "\n";

export interface PageRequest {
  pageSize: number;
  pageToken: string;
}

export interface Page<T> {
  items: T[];
  nextPageToken: string;
}

/** How one list is read: its name, which binds a token to it, and its rows by id after an id. */
export interface PagedList<T> {
  name: string;
  idOf(item: T): string;
  isId(text: string): boolean;
  read(afterId: string, limit: number): Promise<T[]>;
}

/** Reads one page, by id. Errors: INVALID_ARGUMENT for a token that this list did not give. */
export async function readPage<T>(request: PageRequest, list: PagedList<T>): Promise<Page<T>> {
  const pageSize = request.pageSize || PAGE_SIZE_DEFAULT;
  const afterId = request.pageToken === "" ? "" : decodePageToken(list, request.pageToken);
  const found = await list.read(afterId, pageSize + 1);
  const items = found.slice(0, pageSize);
  const last = items.at(-1);
  const hasMore = found.length > pageSize && last !== undefined;
  return { items, nextPageToken: hasMore ? encodePageToken(list.name, list.idOf(last)) : "" };
}

/** Opaque to callers: the list's name and the last id of the page before. */
export function encodePageToken(listName: string, lastId: string): string {
  return Buffer.from(listName + SEPARATOR + lastId).toString("base64url");
}

/** The id that a token holds. Errors: INVALID_ARGUMENT unless this very list could have made it. */
export function decodePageToken(
  list: Pick<PagedList<unknown>, "name" | "isId">,
  token: string,
): string {
  const text =
    token.length > TOKEN_CHARACTERS_MAX ? "" : Buffer.from(token, "base64url").toString();
  const lastId = text.slice(list.name.length + SEPARATOR.length);
  if (!list.isId(lastId) || encodePageToken(list.name, lastId) !== token) {
    throw new AppError("PAGE_TOKEN_INVALID", {
      message: "page_token: not from this list",
      fields: [{ field: "page_token", description: "must come from the page before" }],
    });
  }
  return lastId;
}
