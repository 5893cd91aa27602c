import { create, toBinary } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { DEFAULT_SELECTION, readSelection, type Selection } from "@geomesh/terms/selection";
import { expect, test, vi } from "vitest";
import { writersOf } from "./location-members.ts";
import { PartTexts } from "./part-texts.ts";

const PLACE = toBinary(LocationSchema, create(LocationSchema, { city: "Bern" }));
const zoneBytes = (wallMs: number) => {
  const currentTime = `${Math.floor(wallMs / 1_000)}`;
  return toBinary(LocationSchema, create(LocationSchema, { timezone: { currentTime } }));
};

function textsFor(selection: Selection) {
  const bytesOf = vi.fn(() => PLACE);
  const seconds = new Map<number, Uint8Array>();
  const parts = {
    bytesOf,
    zoneBytes(_number: number, wallMs: number) {
      const second = Math.floor(wallMs / 1_000);
      const bytes = seconds.get(second) ?? zoneBytes(wallMs);
      seconds.set(second, bytes);
      return bytes;
    },
  };
  const onKept = vi.fn();
  const texts = new PartTexts({ parts, writers: writersOf(selection), onKept });
  const told = () => onKept.mock.calls.reduce((sum, [bytes]) => sum + bytes, 0);
  return { texts, bytesOf, onKept, told };
}

const selected = (...fields: string[]) => readSelection({ fields, excludeFields: [] }) as Selection;

test("a part is written once, and its bytes are told once", () => {
  const { texts, bytesOf, told } = textsFor(DEFAULT_SELECTION);
  const first = [texts.beforeZone(7), texts.afterZone(7), texts.connection(8), texts.security(9)];
  const again = [texts.beforeZone(7), texts.afterZone(7), texts.connection(8), texts.security(9)];
  expect(again).toEqual(first);
  expect(bytesOf).toHaveBeenCalledTimes(4);
  expect(told()).toBe(first.join("").length);
  expect(texts.bytes).toBe(told());
});

test("what a selection has nothing of is empty, and is written once as well", () => {
  const { texts, bytesOf } = textsFor(selected("city"));
  for (let round = 0; round < 3; round += 1) {
    expect([texts.afterZone(7), texts.connection(8), texts.security(9)]).toEqual(["", "", ""]);
    expect(texts.zone(3, round * 1_000)).toBe("");
  }
  expect(bytesOf).toHaveBeenCalledTimes(3);
  expect(texts.bytes).toBe(0);
});

test("number 0 is unset, without a part and without bytes", () => {
  const { texts, bytesOf, onKept } = textsFor(DEFAULT_SELECTION);
  expect(texts.beforeZone(0)).toContain('"city":null');
  expect(texts.zone(0, 0)).toContain('"timezone":{"name":null');
  expect(texts.afterZone(0)).toContain('"flag":{"emoji":null');
  expect(texts.connection(0)).toContain('"isp_name":null');
  expect(texts.security(0)).toContain('"is_overridden":false');
  expect(bytesOf).not.toHaveBeenCalled();
  expect(onKept).not.toHaveBeenCalled();
});

test("a zone has the text of its second alone, and the bytes of one text", () => {
  const { texts, told } = textsFor(selected("timezone.current_time"));
  const at = (wallMs: number) => texts.zone(2, wallMs);
  expect(at(9_000)).toBe(',"timezone":{"current_time":"9"}');
  expect(at(9_999)).toBe(at(9_000));
  expect(at(10_000)).toBe(',"timezone":{"current_time":"10"}');
  expect(texts.bytes).toBe(at(10_000).length);
  expect(at(9_000)).toBe(',"timezone":{"current_time":"9"}');
  expect(texts.bytes).toBe(at(9_000).length);
  expect(told()).toBe(texts.bytes);
});

test("what was forgotten is written anew and counted anew, the zone that made it too much included", () => {
  const { texts, bytesOf, onKept } = textsFor(DEFAULT_SELECTION);
  texts.beforeZone(1);
  onKept.mockImplementation(() => texts.forget());
  const zone = texts.zone(2, 0);
  expect(texts.bytes).toBe(0);
  onKept.mockReset();
  expect(texts.zone(2, 0)).toBe(zone);
  expect(texts.bytes).toBe(zone.length);
  texts.beforeZone(1);
  expect(bytesOf).toHaveBeenCalledTimes(2);
});
