import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import type { AppError } from "@geomesh/runtime/errors";
import { canonicalAddress } from "@geomesh/terms/canonical-address";
import { TEST_ADDRESSES } from "@geomesh/terms/test-addresses";
import fc from "fast-check";
import { expect, test } from "vitest";
import { principalForTest } from "../operations/testing/principal.ts";
import { onlyTestAddresses } from "./test-addresses.ts";
import { FakeGeo, locateAll } from "./testing/fake-geo.ts";
import { lookupsForTest } from "./testing/lookups.ts";

const principal = principalForTest({ key: { mode: KeyMode.TEST } });

/** Lookups with a test key over a geo that locates everything, valid or not, but `nonsense`. */
function testLookups() {
  const geo = new FakeGeo();
  geo.answerOf = (ipAddress, language) =>
    ipAddress === "nonsense"
      ? { result: { case: "error", value: { ipAddress, code: "invalid_argument" } } }
      : locateAll(ipAddress, language);
  const { ask, room } = lookupsForTest({ open: geo.open });
  async function locate(...ipAddresses: string[]): Promise<string[]> {
    const { body } = await ask(ipAddresses, { principal }).outcome;
    const results: Result[] = JSON.parse(body.form === "json" ? `${body.json}` : "");
    return results.map(({ location, error }) =>
      location ? `located ${location.ip_address}` : `${error?.code} ${error?.ip_address}`,
    );
  }
  const asked = () => geo.frames.flatMap(({ ipAddresses }) => ipAddresses);
  return { locate, asked, room };
}

interface Result {
  readonly location?: { readonly ip_address: string };
  readonly error?: { readonly ip_address: string; readonly code: string };
}

test("every test address is located", async () => {
  const all = TEST_ADDRESSES.map(({ address }) => address);
  expect(all.map(canonicalAddress)).toEqual(all);
  expect(await testLookups().locate(...all)).toEqual(all.map((each) => `located ${each}`));
});

test("a test address is located in whatever form it is written", async () => {
  const forms = ["2001:0218:0:0::1", "2001:DB8::1", "::ffff:81.2.69.142", "::ffff:5102:458e"];
  expect(await testLookups().locate(...forms)).toEqual(forms.map((form) => `located ${form}`));
});

test("any other address is refused in its own result, in its place, and geo is not asked for it", async () => {
  const { locate, asked } = testLookups();
  expect(await locate("81.2.69.143", "8.8.8.8", "nonsense", "2001:218::2", "10.0.0.1")).toEqual([
    "test_address_required 81.2.69.143",
    "located 8.8.8.8",
    "invalid_argument nonsense",
    "test_address_required 2001:218::2",
    "located 10.0.0.1",
  ]);
  expect(asked()).toEqual(["8.8.8.8", "nonsense", "10.0.0.1"]);
});

test("where every address is refused, geo is not asked at all", async () => {
  const { locate, asked } = testLookups();
  expect(await locate("81.2.69.143")).toEqual(["test_address_required 81.2.69.143"]);
  expect(await locate("81.2.69.143", "81.2.69.144")).toHaveLength(2);
  expect(asked()).toEqual([]);
});

test("the refusal is a TEST_ADDRESS_REQUIRED that says where the list is", () => {
  const problems: (AppError | undefined)[] = [];
  onlyTestAddresses(
    { ipAddresses: ["81.2.69.143"], language: "", withNames: false },
    {
      take: (answers, at) => void problems.push(answers.problemOf(at)),
      problem: undefined,
      isUnchanged: false,
      headers: {},
      body: () => ({ form: "json", json: "" }),
    },
  );
  expect(problems).toMatchObject([
    {
      reason: "TEST_ADDRESS_REQUIRED",
      publicMessage: expect.stringContaining("API guide"),
    },
  ]);
});

test("no address but the test addresses is located, even one that geo alone takes for an address", async () => {
  const { locate } = testLookups();
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
