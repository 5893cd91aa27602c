import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  Account_State,
  AccountSchema,
  Key_State,
  type KeySchema,
  PlanSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import {
  type Change,
  ChangeSchema,
  KeyRecordSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import { RateSchema } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import { apiKeyHash, generateApiKey } from "@geomesh/terms/api-key";

export type AuthRecord = Exclude<Change["record"], { case: undefined }>;

/** A secret that belongs to a key only where a test says so. */
export const secretOf = () => generateApiKey("test");

export const accountRecord = (init: MessageInitShape<typeof AccountSchema> = {}): AuthRecord => ({
  case: "account",
  value: create(AccountSchema, {
    ...{ accountId: "acct_a", planId: "plan_a", state: Account_State.ACTIVE },
    ...init,
  }),
});

export const planRecord = (init: MessageInitShape<typeof PlanSchema> = {}): AuthRecord => ({
  case: "plan",
  value: create(PlanSchema, {
    ...{
      planId: "plan_a",
      keyRate: create(RateSchema, { requests: 10, per: { seconds: 1n }, burst: 20 }),
    },
    ...init,
  }),
});

/** The same plan, deleted. */
export const deletedPlanRecord = (init: MessageInitShape<typeof PlanSchema> = {}): AuthRecord => ({
  case: "deletedPlan",
  value: create(PlanSchema, { planId: "plan_a", ...init }),
});

export const keyRecord = (
  secret: string,
  init: MessageInitShape<typeof KeySchema> = {},
): AuthRecord => ({
  case: "key",
  value: create(KeyRecordSchema, {
    key: { keyId: "key_a", accountId: "acct_a", state: Key_State.ACTIVE, ...init },
    secretSha256: apiKeyHash(secret),
  }),
});

export const change = (revision: number, record: AuthRecord): Change =>
  create(ChangeSchema, { revision: BigInt(revision), record });
