import { expect, test } from "vitest";
import { createLanguageReader } from "./accept-language.ts";

const LANGUAGES = ["en", "de", "fr", "pt-BR", "zh-CN"];
const read = createLanguageReader(LANGUAGES);

test.each<[why: string, header: string, language: string | undefined]>([
  ["empty", "", undefined],
  ["the language", "de", "de"],
  ["in other letters", "DE", "de"],
  ["a region that is not there", "de-AT", "de"],
  ["the language of a region", "pt", "pt-BR"],
  ["another region", "pt-PT", "pt-BR"],
  ["the region", "pt-br", "pt-BR"],
  ["a script", "zh-Hant-TW", "zh-CN"],
  ["none of them", "tlh, xx", undefined],
  ["a language that begins so", "den", undefined],
  ["the first that is there", "tlh, fr, de", "fr"],
  ["alike: the first", "fr, de", "fr"],
  ["the heaviest", "fr;q=0.5, de;q=0.6", "de"],
  ["the heaviest by the third digit", "fr;q=0.500, de;q=0.501", "de"],
  ["without a weight it is 1", "fr;q=0.9, de", "de"],
  ["what browsers send", "de-CH,de;q=0.9,en;q=0.8", "de"],
  ["a heavier one that is not there", "tlh, de;q=0.1", "de"],
  ["anything is the first", "*", "en"],
  ["anything, less than one", "*;q=0.5, fr", "fr"],
  ["a weight of 0 refuses", "fr;q=0", undefined],
  ["a refused one is not told for another region", "de;q=0, de-AT, fr;q=0.1", "fr"],
  ["anything but what is refused", "en;q=0, *", "de"],
  ["everything is refused", "*;q=0", undefined],
  ["spaces and tabs", " fr ; q=0.5 ,\tde\t;\tq=0.6 ", "de"],
  ["a capital Q", "fr;Q=0.5, de;Q=0.6", "de"],
  ["a weight above 1 spoils its member", "fr;q=2, de;q=0.1", "de"],
  ["four digits spoil it", "fr;q=0.1234, de;q=0.1", "de"],
  ["other parameters spoil it", "fr;level=1, de;q=0.1", "de"],
  ["subtags of nine letters spoil it", "fr-abcdefghi, de;q=0.1", "de"],
  ["underscores spoil it", "pt_BR, de;q=0.1", "de"],
  ["empty members", ",, ,fr", "fr"],
  ["a name of every object", "constructor, __proto__", undefined],
])("%s: %j", (_why, header, language) => {
  for (const reader of [read, createLanguageReader(LANGUAGES)]) {
    expect(reader(["Host", "x", "Accept-Language", header])).toBe(language);
  }
});

test("without the header none is told, and several headers are one list", () => {
  expect(read(["host", "de"])).toBeUndefined();
  expect(read(["accept-language", "de;q=0.5", "Accept-Language", "fr"])).toBe("fr");
});

test("thousands of headers, and endless ones, are read as ever", () => {
  for (let i = 0; i < 3_000; i += 1) expect(read(["accept-language", `x${i}, fr`])).toBe("fr");
  const endless = `${"a-".repeat(8_000)}, ${"tlh,".repeat(2_000)} de`;
  expect(read(["accept-language", endless])).toBe("de");
});
