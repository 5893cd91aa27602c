import fc from "fast-check";

/** What happens to auth, to what lies between it and a follower, or to the follower. */
export type FollowStep =
  | { readonly do: "commit"; readonly record: RecordName; readonly isHinted: boolean }
  | { readonly do: "revoke"; readonly key: number; readonly isHinted: boolean }
  | { readonly do: "restore"; readonly share: number }
  | { readonly do: "hint"; readonly ahead: number; readonly isOtherHistory: boolean }
  | { readonly do: "cut" | "mute" | "leave-behind" | "restart-auth" | "restart-follower" }
  | {
      readonly do: "set";
      readonly manner: "isSilent" | "isBroken" | "isCutShort";
      readonly to: boolean;
    }
  | { readonly do: "slow"; readonly pageDelayMs: number }
  | { readonly do: "wait"; readonly ms: number };

/** Which record is committed. */
export interface RecordName {
  readonly kind: "account" | "plan" | "key" | "deletedPlan";
  readonly number: number;
}

const oneOf = <T extends string>(...values: T[]) => fc.constantFrom(...values);
const one = <T extends string>(value: T) => fc.constant(value);
const record = () =>
  fc.record({ kind: oneOf("account", "plan", "key", "deletedPlan"), number: fc.nat(2) });

const step = (): fc.Arbitrary<FollowStep> =>
  fc.oneof(
    weighted(10, { do: one("commit"), record: record(), isHinted: fc.boolean() }),
    weighted(3, { do: one("revoke"), key: fc.nat(2), isHinted: fc.boolean() }),
    weighted(3, { do: one("restore"), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    weighted(1, { do: one("hint"), ahead: fc.nat(5), isOtherHistory: fc.boolean() }),
    weighted(3, { do: oneOf("cut", "restart-auth", "restart-follower") }),
    weighted(4, { do: oneOf("mute", "leave-behind") }),
    weighted(2, {
      do: one("set"),
      manner: oneOf("isSilent", "isBroken", "isCutShort"),
      to: fc.boolean(),
    }),
    weighted(2, { do: one("slow"), pageDelayMs: fc.nat(10) }),
    weighted(8, { do: one("wait"), ms: fc.nat(60) }),
  );

/** Steps of one kind, `weight` times as likely as those of weight 1. */
function weighted<T>(weight: number, fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return { weight, arbitrary: fc.record(fields) };
}

/** Random steps. fast-check prints them and their seed where they fail. */
export const FOLLOW_STEPS = fc.array(step(), { minLength: 5, maxLength: 30 });
