import { create, toBinary } from "@bufbuild/protobuf";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { canonicalAddress } from "@geomesh/terms/canonical-address";
import { reasonRow } from "@geomesh/terms/reasons";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import type { FrameAnswers } from "./frame-answers.ts";
import type { LookupResponse, Question } from "./lookup.ts";
import { PlainAnswers } from "./plain-answers.ts";
import { type EncodedResult, TEST_ADDRESS_CODE } from "./results.ts";

const ADDRESSES: ReadonlySet<string> = new Set(TEST_ADDRESSES.map(({ address }) => address));

/** What is asked of geo, and the response that takes its answers. */
export interface Asked {
  readonly question: Question;
  readonly response: LookupResponse;
}

/**
 * Narrows a question of a test key to the published test addresses, in whatever form they are written: any other address is
 * refused in its own result without asking geo. What is no address gets geo's answer.
 */
export function onlyTestAddresses(question: Question, response: LookupResponse): Asked {
  const { ipAddresses, language } = question;
  const places: number[] = [];
  const results: EncodedResult[] = ipAddresses.map((text, place) => {
    if (isOther(text)) return refusal(text);
    places.push(place);
    return EMPTY;
  });
  const asked = places.map((place) => ipAddresses[place] as string);
  let missing = asked.length;

  function takeAll(): void {
    const answers = new PlainAnswers(0, results);
    response.take(answers, 0, 0, results.length);
  }

  if (missing === 0) takeAll();
  return {
    question: { ipAddresses: asked, language },
    response: {
      take(answers: FrameAnswers, at: number, offset: number, count: number) {
        for (let i = 0; i < count; i += 1) {
          const text = asked[offset + i] as string;
          // Geo reads addresses by a parser of its own: what it alone takes for one is refused all the same.
          const isSound =
            canonicalAddress(text) !== undefined || answers.problemOf(at + i) !== undefined;
          results[places[offset + i] as number] = isSound
            ? Buffer.from(answers.resultBytesOf(at + i))
            : refusal(text);
        }
        missing -= count;
        if (missing === 0) takeAll();
      },
      get problem() {
        return response.problem;
      },
      body: () => response.body(),
    },
  };
}

const EMPTY: EncodedResult = Buffer.alloc(0);

function isOther(text: string): boolean {
  const address = canonicalAddress(text);
  return address !== undefined && !ADDRESSES.has(address);
}

function refusal(ipAddress: string): EncodedResult {
  const message = reasonRow("TEST_ADDRESS_REQUIRED").sentence;
  const value = { ipAddress, code: TEST_ADDRESS_CODE, message };
  const result = create(LocationResultSchema, { result: { case: "error", value } });
  return Buffer.from(toBinary(LocationResultSchema, result));
}
