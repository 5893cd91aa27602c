import { expect, test } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { PartCache } from "./part-cache.ts";
import { PartOrdinals } from "./part-ordinals.ts";

const MEBIBYTE = 1024 * 1024;

function partOf(cache: PartCache, slot: number): string {
  const out = new ByteWriter();
  out.reserve(cache.length(slot));
  cache.append(slot, out);
  return out.take().toString();
}

test("200,000 parts are found again with their bytes and tags, and others are not", () => {
  const cache = new PartCache(64 * MEBIBYTE, new PartOrdinals());
  for (let i = 0; i < 200_000; i++) {
    cache.add(i * 37, i % 3, Buffer.from(`part ${i}`), i * 20_000);
  }
  for (let i = 0; i < 200_000; i += 7) {
    const slot = cache.find(i * 37, i % 3);
    expect(partOf(cache, slot)).toBe(`part ${i}`);
    expect(cache.tag(slot)).toBe(i * 20_000);
    expect(cache.find(i * 37, (i % 3) + 1)).toBe(-1);
    expect(cache.find(i * 37 + 1, i % 3)).toBe(-1);
  }
});

test("a full cache forgets everything and continues", () => {
  const cache = new PartCache(8 * MEBIBYTE, new PartOrdinals());
  const part = Buffer.alloc(MEBIBYTE, "x");
  for (let i = 0; i < 20; i++) {
    const slot = cache.add(i, 0, part, i);
    expect(cache.length(slot)).toBe(MEBIBYTE);
    expect(cache.find(i, 0)).toBe(slot);
  }
  const kept = Array.from({ length: 20 }, (_, i) => cache.find(i, 0)).filter((slot) => slot >= 0);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThanOrEqual(8);
});

test("a part may be empty, also the first", () => {
  const cache = new PartCache(8 * MEBIBYTE, new PartOrdinals());
  const slot = cache.add(0, 0, new Uint8Array(0), 0xffffffff);
  expect([cache.length(slot), cache.tag(slot), cache.find(0, 0)]).toEqual([0, 0xffffffff, slot]);
});

test("parts get ordinals from 0 on, and a full cache begins a new epoch of them", () => {
  const ordinals = new PartOrdinals();
  const caches = [new PartCache(8 * MEBIBYTE, ordinals), new PartCache(8 * MEBIBYTE, ordinals)];
  const [large, small] = caches as [PartCache, PartCache];
  const part = Buffer.alloc(MEBIBYTE, "x");
  expect([0, 1, 2].map((i) => large.ordinal(large.add(i, 0, part, 0)))).toEqual([0, 1, 2]);
  expect(small.ordinal(small.add(0, 0, Buffer.from("x"), 0))).toBe(3);
  for (let i = 3; ordinals.epoch === 0; i++) large.add(i, 0, part, 0);
  expect(small.find(0, 0)).toBe(-1);
  expect(small.ordinal(small.add(0, 0, Buffer.from("x"), 0))).toBe(1);
});

test("when there are no more ordinals, all parts are forgotten and get new ones", () => {
  const ordinals = new PartOrdinals(2);
  const cache = new PartCache(8 * MEBIBYTE, ordinals);
  const add = (record: number) => cache.add(record, 0, Buffer.from(`part ${record}`), 0);
  expect([cache.ordinal(add(0)), cache.ordinal(add(1)), ordinals.epoch]).toEqual([0, 1, 0]);
  const slot = add(2);
  expect([cache.ordinal(slot), ordinals.epoch, partOf(cache, slot)]).toEqual([0, 1, "part 2"]);
  expect([cache.find(0, 0), cache.find(1, 0), cache.find(2, 0)]).toEqual([-1, -1, slot]);
});
