import { toBinary } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  type Account,
  Account_State,
  AccountSchema,
  type Key,
  Key_State,
  KeySchema,
} from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import { type Rate, RateSchema } from "@geomesh/proto/es/geomesh/common/v1/rate_pb";
import type { RecordForm } from "./encoded-records.ts";
import { SharedTexts, type WireReader } from "./wire-reader.ts";

/** Of a key, what requests are checked by. */
export interface KnownKey {
  readonly keyId: string;
  readonly accountId: string;
  readonly scopes: readonly string[];
  readonly state: Key_State;
  readonly mode: KeyMode;
  readonly expireTime?: Timestamp | undefined;
  readonly notBeforeTime?: Timestamp | undefined;
  readonly rate?: Rate | undefined;
  readonly allowedCidrs: readonly string[];
  readonly allowedOrigins: readonly string[];
}

/** Of an account, what requests are checked by. */
export interface KnownAccount {
  readonly accountId: string;
  readonly planId: string;
  readonly state: Account_State;
}

/** The numbers of their fields in the contract. */
const [KEY_ID, ACCOUNT_ID, SCOPES, KEY_STATE] = [1, 2, 5, 6] as const;
const [EXPIRE_TIME, NOT_BEFORE_TIME, RATE, MODE] = [7, 8, 9, 12] as const;
const [ALLOWED_CIDRS, ALLOWED_ORIGINS] = [13, 14] as const;
const [PLAN_ID, ACCOUNT_STATE] = [3, 4] as const;

const NONE: readonly string[] = [];
const SCOPE_NAMES = new SharedTexts();
const PLAN_IDS = new SharedTexts();

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Keys, by the hashes of their secrets. */
export const KEY_FORM: RecordForm<Uint8Array, Key, KnownKey> = {
  encode: (key) =>
    toBinary(KeySchema, {
      ...key,
      ...{ name: "", displayPrefix: "", etag: "", replacedByKeyId: undefined, metadata: {} },
      ...{ createTime: undefined, updateTime: undefined, revokeTime: undefined },
      ...{ lastUsedTime: undefined, $unknown: undefined },
    }),
  decode(reader) {
    const key: Mutable<KnownKey> = {
      keyId: "",
      accountId: "",
      scopes: NONE,
      state: Key_State.STATE_UNSPECIFIED,
      mode: KeyMode.KEY_MODE_UNSPECIFIED,
      expireTime: undefined,
      notBeforeTime: undefined,
      rate: undefined,
      allowedCidrs: NONE,
      allowedOrigins: NONE,
    };
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      if (field === KEY_ID) key.keyId = reader.text();
      else if (field === ACCOUNT_ID) key.accountId = reader.text();
      else if (field === SCOPES) key.scopes = longer(key.scopes, reader.sharedText(SCOPE_NAMES));
      else if (field === KEY_STATE) key.state = reader.number() as Key_State;
      else if (field === MODE) key.mode = reader.number() as KeyMode;
      else readLimit(key, field, reader);
    }
    return key;
  },
};

/** What few keys have. */
function readLimit(key: Mutable<KnownKey>, field: number, reader: WireReader): void {
  switch (field) {
    case EXPIRE_TIME:
      key.expireTime = reader.message(TimestampSchema);
      break;
    case NOT_BEFORE_TIME:
      key.notBeforeTime = reader.message(TimestampSchema);
      break;
    case RATE:
      key.rate = reader.message(RateSchema);
      break;
    case ALLOWED_CIDRS:
      key.allowedCidrs = longer(key.allowedCidrs, reader.text());
      break;
    case ALLOWED_ORIGINS:
      key.allowedOrigins = longer(key.allowedOrigins, reader.text());
      break;
    default:
      reader.skip();
  }
}

/** Accounts, by their ids. */
export const ACCOUNT_FORM: RecordForm<string, Account, KnownAccount> = {
  encode: ({ $typeName, planId, state }) =>
    toBinary(AccountSchema, {
      ...{ $typeName, accountId: "", name: "", planId, state, etag: "", metadata: {} },
    }),
  decode(reader, accountId) {
    const state = Account_State.STATE_UNSPECIFIED;
    const account: Mutable<KnownAccount> = { accountId, planId: "", state };
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      if (field === PLAN_ID) account.planId = reader.sharedText(PLAN_IDS);
      else if (field === ACCOUNT_STATE) account.state = reader.number() as Account_State;
      else reader.skip();
    }
    return account;
  },
};

/** A list of the field of a record, with one more text: its own, or a new one where it has none. */
function longer(list: readonly string[], text: string): readonly string[] {
  if (list === NONE) return [text];
  (list as string[]).push(text);
  return list;
}
