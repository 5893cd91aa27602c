import { create, toBinary } from "@bufbuild/protobuf";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { canonicalAddress } from "@geomesh/terms/canonical-address";
import { reasonRow } from "@geomesh/terms/reasons";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import type { Locator } from "./locator.ts";
import { addressProblem, type EncodedResult, TEST_ADDRESS_CODE } from "./results.ts";

const ADDRESSES: ReadonlySet<string> = new Set(TEST_ADDRESSES.map(({ address }) => address));

/**
 * Creates a locator for test keys: the published test addresses are located, in whatever form they are written, and any
 * other address is refused in its own result without asking geo. What is no address gets geo's answer. Errors of `locate`:
 * those of the locator.
 */
export function createTestLocator(locator: Pick<Locator, "locate">): Pick<Locator, "locate"> {
  return {
    async locate(ipAddresses, language) {
      const isRefused = ipAddresses.map(isOther);
      const asked = ipAddresses.filter((_, at) => !isRefused[at]);
      const located = asked.length > 0 ? await locator.locate(asked, language) : [];
      const results = located.values();
      return ipAddresses.map((text, at) => {
        if (isRefused[at]) return refusal(text);
        const result = results.next().value as EncodedResult;
        // Geo reads addresses by a parser of its own: what it alone takes for one is refused all the same.
        const isSound =
          canonicalAddress(text) !== undefined || addressProblem(result) !== undefined;
        return isSound ? result : refusal(text);
      });
    },
  };
}

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
