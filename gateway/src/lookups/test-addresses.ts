import { canonicalAddress } from "@geomesh/terms/canonical-address";
import { reasonRow } from "@geomesh/terms/reasons";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import { type Asked, askRest, errorResult, type TakeResult } from "./known-results.ts";
import type { LookupResponse, Question } from "./lookup.ts";
import { type EncodedResult, TEST_ADDRESS_CODE } from "./results.ts";

const ADDRESSES: ReadonlySet<string> = new Set(TEST_ADDRESSES.map(({ address }) => address));

/**
 * Narrows a question of a test key to the published test addresses, in whatever form they are written: any other address is
 * refused in its own result without asking geo. What is no address gets geo's answer.
 */
export function onlyTestAddresses(question: Question, response: LookupResponse): Asked {
  const known = question.ipAddresses.map((text) => (isOther(text) ? refusal(text) : undefined));
  return askRest({ question, response }, known, takeSound);
}

/** Geo reads addresses by a parser of its own: what it alone takes for one is refused all the same. */
const takeSound: TakeResult = (text, answers, at) => {
  const isSound = canonicalAddress(text) !== undefined || answers.problemOf(at) !== undefined;
  return isSound ? Buffer.from(answers.resultBytesOf(at)) : refusal(text);
};

function isOther(text: string): boolean {
  const address = canonicalAddress(text);
  return address !== undefined && !ADDRESSES.has(address);
}

function refusal(ipAddress: string): EncodedResult {
  return errorResult(ipAddress, TEST_ADDRESS_CODE, reasonRow("TEST_ADDRESS_REQUIRED").sentence);
}
