import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { LocationResult } from "@geomesh/proto/grpc/geomesh/geo/v1/location_result";
import {
  type FramedResult,
  LookupFramesRequest,
  LookupFramesResponse,
  type Part,
  type Zone,
} from "@geomesh/proto/grpc/geomesh/geo/v1/lookup_service";
import { localTime } from "@geomesh/terms/local-time";
import { createTestClock } from "@geomesh/testing/test-clock";
import { expect } from "vitest";
import type { LocationComposer } from "../answer/location-composer.ts";
import type { LiveComposer } from "../live/live-composer.ts";
import { LookupContext } from "../rpc/lookup-context.ts";
import { AnsweredFrames } from "../rpc/lookup-frames.ts";

/** Streams to one geo, whose composer and clock a test may change. */
export function geoWith(composer: LocationComposer) {
  const clock = createTestClock(Date.UTC(2026, 2, 28, 12));
  const live = { composer } as LiveComposer;
  const context = new LookupContext({ live, clock, countAddresses: () => undefined });
  return { live, clock, stream: (partsMax: number) => new StreamReader(context, partsMax) };
}

/** Reads the answers of a stream as the contract says it, and checks the numbers. */
class StreamReader {
  /** As the last response. */
  generation = 0;
  parts: (Part["part"] & object)[] = [];
  readonly #partsMax: number;
  readonly #frames: AnsweredFrames;

  constructor(context: LookupContext, partsMax: number) {
    this.#frames = new AnsweredFrames(context);
    this.#partsMax = partsMax;
  }

  /** The response to a frame, with all its locations put together; `atMs` is the time of their zones. */
  ask(
    ipAddresses: readonly string[],
    { language = "", frameId = 7, atMs = 0, withNames = false } = {},
  ) {
    const partsMax = this.#partsMax;
    const frame = { frameId, ipAddresses: [...ipAddresses], language, partsMax, withNames };
    const bytes = this.#frames.answer(LookupFramesRequest.encode(frame).finish());
    const response = LookupFramesResponse.decode(bytes);
    expect(response.frameId).toBe(frameId);
    if (response.generation !== 0) this.#define(response);
    const framed = response.framedResults.map((result) => this.#resolve(result, atMs));
    return { ...response, all: [...response.results, ...framed], bytes };
  }

  #define({ generation, parts }: LookupFramesResponse): void {
    expect(generation).toBeGreaterThanOrEqual(this.generation);
    if (generation > this.generation) this.parts = [];
    this.generation = generation;
    for (const { number, part } of parts) {
      this.parts.push(part as Part["part"] & object);
      expect(number).toBe(this.parts.length);
      expect(number).toBeLessThanOrEqual(this.#partsMax);
    }
  }

  #resolve(result: FramedResult, atMs: number): LocationResult {
    if (result.whole !== undefined) return result.whole;
    const { ipAddress, network, place, zone, connection, security } = result;
    const named = [place, connection, security].map(
      (number) => (this.parts[number - 1]?.value ?? {}) as Partial<Location>,
    );
    const timezone = zone === 0 ? undefined : timezoneOf(this.parts[zone - 1]?.value as Zone, atMs);
    const bytes = named.map((part) => Location.encode(Location.fromPartial(part)).finish());
    const always = { ipAddress, network, isOverridden: false };
    const own = Location.fromPartial({ ...always, ...(timezone && { timezone }) });
    const value = Location.decode(Buffer.concat([Location.encode(own).finish(), ...bytes]));
    return { result: { $case: "location", value } };
  }
}

function timezoneOf({ name, current, next, changeTime }: Zone, atMs: number) {
  const offset = atMs < Number(changeTime) ? current : next;
  if (offset === undefined) throw new Error("a zone without offsets");
  const { abbreviation, utcOffsetSeconds, isDst } = offset;
  const { timeOfDay, dateTime } = localTime(atMs, utcOffsetSeconds);
  const texts = { currentTime: timeOfDay, localTime: dateTime };
  return {
    name,
    abbreviation,
    gmtOffset: utcOffsetSeconds / 3600,
    utcOffsetSeconds,
    isDst,
    ...texts,
  };
}
