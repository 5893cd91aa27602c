import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePageToken, encodePageToken, readPage } from "./page.ts";

const isId = (text: string) => /^[a-z]{1,8}$/.test(text);
const invalid = expect.objectContaining({ kind: "invalid_argument", reason: "PAGE_TOKEN_INVALID" });

test("pages of any size, put together, are the whole list once", async () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(ids, fc.integer({ min: 1, max: 45 }), async (unsorted, pageSize) => {
      const all = unsorted.toSorted();
      const list = {
        name: "letters",
        idOf: (id: string) => id,
        isId,
        read: async (afterId: string, limit: number) =>
          all.filter((id) => id > afterId).slice(0, limit),
      };
      const seen: string[] = [];
      let pageToken = "";
      do {
        const page = await readPage({ pageSize, pageToken }, list);
        seen.push(...page.items);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      expect(seen).toEqual(all);
    }),
  );
});

test("a token of one list is refused by another", () => {
  const token = encodePageToken("keys of acct_a", "abc");
  expect(() => decodePageToken({ name: "keys of acct_b", isId }, token)).toThrow(invalid);
});

test("any text is either a token that this list can have made or INVALID_ARGUMENT", () => {
  const list = { name: "letters", isId };
  const nearTokens = fc.string().map((id) => encodePageToken(list.name, id));
  const texts = fc.oneof(fc.string(), fc.base64String(), nearTokens, fc.string({ minLength: 300 }));
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const id = decodePageToken(list, text);
        expect(isId(id)).toBe(true);
        expect(encodePageToken(list.name, id)).toBe(text);
      } catch (error) {
        expect(error).toEqual(invalid);
      }
    }),
    { numRuns: 2000 },
  );
});
