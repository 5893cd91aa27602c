import {
  AccountClosed,
  AccountCreated,
  AccountReactivated,
  AccountSuspended,
  ChangeCommitted,
  KeyCreated,
  KeyDisabled,
  KeyEnabled,
  KeyRevoked,
  KeyRotated,
} from "@geomesh/proto/grpc/geomesh/auth/v1/events";
import { type EventAbout, grpcEvent } from "@geomesh/runtime/events/event";
import { STREAM_NAMES } from "@geomesh/terms/nats";

/** A hint that something was committed. It is announced and not stored: followers find out without it within a second. */
export const CHANGE_COMMITTED = grpcEvent("geomesh.auth.v1.ChangeCommitted", ChangeCommitted);

/** An account was created. */
export const ACCOUNT_CREATED = grpcEvent(
  "geomesh.auth.v1.AccountCreated",
  AccountCreated,
  aboutAccount,
);

/** An account was suspended. */
export const ACCOUNT_SUSPENDED = grpcEvent(
  "geomesh.auth.v1.AccountSuspended",
  AccountSuspended,
  aboutAccount,
);

/** A suspended account is active again. */
export const ACCOUNT_REACTIVATED = grpcEvent(
  "geomesh.auth.v1.AccountReactivated",
  AccountReactivated,
  aboutAccount,
);

/** An account was closed. */
export const ACCOUNT_CLOSED = grpcEvent(
  "geomesh.auth.v1.AccountClosed",
  AccountClosed,
  aboutAccount,
);

/** A key was created. */
export const KEY_CREATED = grpcEvent("geomesh.auth.v1.KeyCreated", KeyCreated, aboutKey);

/** A key was revoked. */
export const KEY_REVOKED = grpcEvent("geomesh.auth.v1.KeyRevoked", KeyRevoked, aboutKey);

/** A key was disabled. */
export const KEY_DISABLED = grpcEvent("geomesh.auth.v1.KeyDisabled", KeyDisabled, aboutKey);

/** A key was enabled. */
export const KEY_ENABLED = grpcEvent("geomesh.auth.v1.KeyEnabled", KeyEnabled, aboutKey);

/** A key was replaced by a new one. */
export const KEY_ROTATED = grpcEvent("geomesh.auth.v1.KeyRotated", KeyRotated, aboutKey);

/** The stream that facts are published to, a week long at most. They hold ids only, and nothing that a key is checked by. */
export const AUTH_STREAM = {
  name: STREAM_NAMES.facts,
  events: [
    ...[ACCOUNT_CREATED, ACCOUNT_SUSPENDED, ACCOUNT_REACTIVATED, ACCOUNT_CLOSED],
    ...[KEY_CREATED, KEY_REVOKED, KEY_DISABLED, KEY_ENABLED, KEY_ROTATED],
  ],
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
  maxBytes: 64 * 1024 * 1024,
};

function aboutAccount({ accountId }: { accountId: string }): EventAbout {
  return { subject: accountId, partitionKey: accountId };
}

function aboutKey({ accountId, keyId }: { accountId: string; keyId: string }): EventAbout {
  return { subject: keyId, partitionKey: accountId };
}
