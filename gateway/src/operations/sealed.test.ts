import { expect, expectTypeOf, test } from "vitest";
import type { Durable, Releasable } from "../usage/spool.ts";
import type { Admission, Admit, Admitted, Unpaid } from "./admission.ts";
import type { MeteredHandler } from "./handler.ts";
import type { FreeOperation, MeteredOperation } from "./operation.ts";
import { freeOutcome, meteredOutcome, type Outcome } from "./outcome.ts";

/** What an object looks like from outside, made by hand. */
type LookAlike<T> = { [K in keyof T]: T[K] };

// `tsc` checks these: where one does not hold, the project does not compile.
test("nobody can make an admission, an outcome or a proof of durability by hand", () => {
  expectTypeOf<LookAlike<Admission>>().not.toExtend<Admission>();
  expectTypeOf<LookAlike<Unpaid>>().not.toExtend<Unpaid>();
  expectTypeOf<LookAlike<Outcome>>().not.toExtend<Outcome>();
  expectTypeOf<LookAlike<Durable>>().not.toExtend<Durable>();
  expectTypeOf<object>().not.toExtend<Durable>();
});

test("modules give these as types only, so that nothing can call their constructors", async () => {
  expect(Object.keys(await import("./admission.ts"))).toEqual(["createAdmissions"]);
  expect(Object.keys(await import("./outcome.ts")).toSorted()).toEqual([
    "freeOutcome",
    "meteredOutcome",
  ]);
  expect(Object.keys(await import("../usage/spool.ts"))).not.toContain("Durable");
});

test("the outcome of a metered operation needs the proof that its usage is durable", () => {
  expectTypeOf(meteredOutcome).parameter(0).toEqualTypeOf<Durable>();
  expectTypeOf<Releasable["release"]>().parameter(0).toEqualTypeOf<Durable>();
});

test("no operation that costs units gets an outcome for nothing", () => {
  expectTypeOf(freeOutcome).parameter(0).toEqualTypeOf<FreeOperation>();
  expectTypeOf<MeteredOperation>().not.toExtend<FreeOperation>();
});

test("only what was admitted reaches the handler of a metered operation", () => {
  expectTypeOf<MeteredHandler>().parameter(1).toEqualTypeOf<Admitted>();
  expectTypeOf<ReturnType<Admit>>().toEqualTypeOf<Admission | Promise<Admitted>>();
});

test("what is unpaid cannot be recorded, and so not answered, before it is paid", () => {
  expectTypeOf<Admitted>().toEqualTypeOf<Admission | Unpaid>();
  expectTypeOf<Unpaid>().not.toHaveProperty("record");
  expectTypeOf<Unpaid>().not.toExtend<Admission>();
  expectTypeOf<Unpaid["pay"]>().returns.toEqualTypeOf<Admission | Promise<Admission>>();
});
