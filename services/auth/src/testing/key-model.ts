/** A key as it should stand. */
export interface ModelKey {
  readonly state: "ACTIVE" | "DISABLED" | "REVOKED";
  readonly expireMs: number | undefined;
  readonly isRotated: boolean;
}

/** Keys by id. */
export type ModelKeys = ReadonlyMap<string, ModelKey>;

/** A call about a key. */
export type KeyCall =
  | { readonly call: "enable" | "disable" | "revoke" }
  | { readonly call: "rotate"; readonly overlapMs: number }
  | { readonly call: "expire"; readonly inMs: number };

/** A call with the key that it is about and what came of it. */
export type MadeCall = KeyCall & {
  readonly keyId: string;
  /** The reason of a refusal; undefined for an answer. */
  readonly refusal: string | undefined;
  /** The key that a rotation made. */
  readonly newKeyId: string | undefined;
};

const NOT_ACTIVE = "KEY_NOT_ACTIVE";

function isAccepted({ state, expireMs }: ModelKey, nowMs: number): boolean {
  return state === "ACTIVE" && (expireMs === undefined || expireMs > nowMs);
}

/** The keys after a call; undefined where nothing but another outcome of it is right. */
export function afterCall(keys: ModelKeys, made: MadeCall, nowMs: number): ModelKeys | undefined {
  const key = keys.get(made.keyId);
  if (key === undefined) return undefined;
  const changed = changedKeys(key, made, nowMs);
  if (changed === undefined) return made.refusal === NOT_ACTIVE ? keys : undefined;
  if (made.refusal !== undefined) return undefined;
  return new Map([...keys, ...changed]);
}

/** What a call makes of keys; undefined where it is refused. */
function changedKeys(
  key: ModelKey,
  made: MadeCall,
  nowMs: number,
): [keyId: string, key: ModelKey][] | undefined {
  const { keyId, newKeyId = "" } = made;
  switch (made.call) {
    case "revoke":
      return [[keyId, { ...key, state: "REVOKED" }]];
    case "enable":
    case "disable":
      if (key.state === "REVOKED") return undefined;
      return [[keyId, { ...key, state: made.call === "enable" ? "ACTIVE" : "DISABLED" }]];
    case "expire":
      if (key.state === "REVOKED" || key.isRotated) return undefined;
      return [[keyId, { ...key, expireMs: nowMs + made.inMs }]];
    case "rotate":
      if (!isAccepted(key, nowMs) || key.isRotated) return undefined;
      return [
        [newKeyId, key],
        [keyId, rotated(key, nowMs + made.overlapMs, made.overlapMs === 0)],
      ];
  }
}

function rotated(key: ModelKey, endMs: number, isEnded: boolean): ModelKey {
  if (isEnded) return { ...key, state: "REVOKED", isRotated: true };
  return { ...key, isRotated: true, expireMs: Math.min(endMs, key.expireMs ?? endMs) };
}
