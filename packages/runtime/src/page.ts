import { AppError } from "./errors.ts";

const PAGE_SIZE_DEFAULT = 100;
const TOKEN_CHARACTERS_MAX = 256;
const SEPARATOR = "\n";

/** The members of a request that asks for a page. */
export interface PageRequest {
  /** 0 means 100. */
  readonly pageSize: number;
  /** Empty for the first page. */
  readonly pageToken: string;
}

/** Items in the order of their ids, and the token of the next page; empty on the last one. */
export interface Page<T> {
  readonly items: T[];
  readonly nextPageToken: string;
}

/** A list that is read in pages. */
export interface PagedList<T> {
  /** Binds a token to the list. */
  readonly name: string;
  idOf(item: T): string;
  isId(text: string): boolean;
  /** At most `limit` items after an id, in the order of their ids; from the start after an empty id. */
  read(afterId: string, limit: number): Promise<T[]>;
}

/** Reads one page. Errors: PAGE_TOKEN_INVALID for a token of another list. */
export async function readPage<T>(request: PageRequest, list: PagedList<T>): Promise<Page<T>> {
  const pageSize = request.pageSize || PAGE_SIZE_DEFAULT;
  const afterId = request.pageToken === "" ? "" : decodePageToken(list, request.pageToken);
  const found = await list.read(afterId, pageSize + 1);
  const items = found.slice(0, pageSize);
  const last = items.at(-1);
  const hasMore = found.length > pageSize && last !== undefined;
  return { items, nextPageToken: hasMore ? encodePageToken(list.name, list.idOf(last)) : "" };
}

/** The token of the page after an id: the name of the list and the id, opaque to callers. */
export function encodePageToken(listName: string, lastId: string): string {
  return Buffer.from(listName + SEPARATOR + lastId).toString("base64url");
}

/** The id that a token holds. Errors: PAGE_TOKEN_INVALID unless this list can have made the token. */
export function decodePageToken(
  list: Pick<PagedList<unknown>, "name" | "isId">,
  token: string,
): string {
  const text =
    token.length > TOKEN_CHARACTERS_MAX ? "" : Buffer.from(token, "base64url").toString();
  const lastId = text.slice(list.name.length + SEPARATOR.length);
  if (list.isId(lastId) && encodePageToken(list.name, lastId) === token) return lastId;
  throw new AppError("PAGE_TOKEN_INVALID", {
    fields: [{ field: "page_token", description: "must be the next_page_token of this list" }],
  });
}
