import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { LocationResultSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import { canonicalAddress } from "@geomesh/terms/canonical-address";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressProblem } from "./results.ts";
import { createTestLocator } from "./test-locator.ts";

/** A test locator over a geo that locates everything, valid or not, but `nonsense`; and what geo was asked. */
function locatorForTest() {
  const asked: string[] = [];
  const locator = createTestLocator({
    async locate(ipAddresses) {
      asked.push(...ipAddresses);
      return ipAddresses.map((ipAddress) => {
        const result =
          ipAddress === "nonsense"
            ? { case: "error" as const, value: { ipAddress, code: "ip_address_invalid" } }
            : { case: "location" as const, value: { ipAddress } };
        return Buffer.from(
          toBinary(LocationResultSchema, create(LocationResultSchema, { result })),
        );
      });
    },
  });
  async function locate(...ipAddresses: string[]) {
    const results = await locator.locate(ipAddresses, "");
    return results.map((bytes) => {
      const { result } = fromBinary(LocationResultSchema, bytes);
      if (result.case === "location") return `located ${result.value.ipAddress}`;
      return `${result.value?.code} ${result.value?.ipAddress}`;
    });
  }
  return { locator, locate, asked };
}

test("every test address is located", async () => {
  const addresses = TEST_ADDRESSES.map(({ address }) => address);
  expect(addresses.map(canonicalAddress)).toEqual(addresses);
  const { locate } = locatorForTest();
  expect(await locate(...addresses)).toEqual(addresses.map((address) => `located ${address}`));
});

test("a test address is located in whatever form it is written", async () => {
  const forms = ["2001:0218:0:0::1", "2001:DB8::1", "::ffff:81.2.69.142", "::ffff:5102:458e"];
  expect(await locatorForTest().locate(...forms)).toEqual(forms.map((form) => `located ${form}`));
});

test("any other address is refused in its own result, in its place, and geo is not asked for it", async () => {
  const { locate, asked } = locatorForTest();
  expect(await locate("81.2.69.143", "8.8.8.8", "nonsense", "2001:218::2", "10.0.0.1")).toEqual([
    "test_address_required 81.2.69.143",
    "located 8.8.8.8",
    "ip_address_invalid nonsense",
    "test_address_required 2001:218::2",
    "located 10.0.0.1",
  ]);
  expect(asked).toEqual(["8.8.8.8", "nonsense", "10.0.0.1"]);
});

test("the refusal is a TEST_ADDRESS_REQUIRED that says where the list is", async () => {
  const { locator } = locatorForTest();
  const [result] = await locator.locate(["81.2.69.143"], "");
  expect(addressProblem(result as Buffer)).toMatchObject({
    reason: "TEST_ADDRESS_REQUIRED",
    publicMessage: expect.stringContaining("API guide"),
  });
});

test("no address but the test addresses is located, even one that geo alone takes for an address", async () => {
  const { locate } = locatorForTest();
  const known = new Set(TEST_ADDRESSES.map(({ address }) => address));
  const text = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.string());
  await fc.assert(
    fc.asyncProperty(fc.array(text), async (texts) => {
      for (const [at, answer] of (await locate(...texts)).entries()) {
        const isKnown = known.has(canonicalAddress(texts[at] as string) ?? "");
        expect(answer.startsWith("located ")).toBe(isKnown);
      }
    }),
  );
});
