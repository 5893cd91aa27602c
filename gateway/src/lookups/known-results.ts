import { create, toBinary } from "@bufbuild/protobuf";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import type { FrameAnswers } from "./frame-answers.ts";
import type { LookupResponse, Question } from "./lookup.ts";
import { PlainAnswers } from "./plain-answers.ts";
import type { EncodedResult } from "./results.ts";

/** What is asked of geo, and the response that takes its answers. */
export interface Asked {
  readonly question: Question;
  readonly response: LookupResponse;
}

/** Makes of geo's answer for an address the result that is answered. */
export type TakeResult = (text: string, answers: FrameAnswers, at: number) => EncodedResult;

const asGiven: TakeResult = (_text, answers, at) => Buffer.from(answers.resultBytesOf(at));

/**
 * Asks geo only for the addresses of a question whose results are not known already, by their places. The response takes all
 * results at once, when geo has answered the rest.
 */
export function askRest(
  { question, response }: Asked,
  known: readonly (EncodedResult | undefined)[],
  take: TakeResult = asGiven,
): Asked {
  const places = [...known.keys()].filter((place) => known[place] === undefined);
  const asked = places.map((place) => question.ipAddresses[place] as string);
  const results = known.map((result) => result ?? EMPTY);
  let missing = asked.length;

  function takeAll(): void {
    response.take(new PlainAnswers(0, results), 0, 0, results.length);
  }

  if (missing === 0) takeAll();
  return {
    question: { ...question, ipAddresses: asked },
    response: {
      take(answers: FrameAnswers, at: number, offset: number, count: number) {
        for (let i = 0; i < count; i += 1) {
          const text = asked[offset + i] as string;
          results[places[offset + i] as number] = take(text, answers, at + i);
        }
        missing -= count;
        if (missing === 0) takeAll();
      },
      get problem() {
        return response.problem;
      },
      get headers() {
        return response.headers;
      },
      get isUnchanged() {
        return response.isUnchanged;
      },
      body: () => response.body(),
    },
  };
}

const EMPTY: EncodedResult = Buffer.alloc(0);

/** A result that is an error, with its code in lower case. */
export function errorResult(ipAddress: string, code: string, message: string): EncodedResult {
  const value = { ipAddress, code, message };
  const result = create(LocationResultSchema, { result: { case: "error", value } });
  return Buffer.from(toBinary(LocationResultSchema, result));
}
