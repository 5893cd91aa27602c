import { spawnSync } from "node:child_process";

/** How a program that refuses to run as root is run by root. */
export interface Identity {
  /** Put before the command. */
  readonly prefix: readonly string[];
  /** For `spawn`: the user and group of the process. Empty keeps the caller's. */
  readonly ids: { readonly uid?: number; readonly gid?: number };
  /** Whom its files have to belong to. Undefined where nobody but the caller comes into question. */
  readonly owner?: number;
}

/** The user `nobody`: one of whom every system knows the name, which initdb looks up. */
const NOBODY = 65534;
const UNSHARE = ["unshare", "--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/**
 * An ordinary user runs it as himself. Root runs it in a user namespace, where the process takes itself for `nobody`
 * but may still read what root's files are, such as a clone below a home of mode 0700; where namespaces are off, as
 * `nobody` outright, who has to be let through the directories above.
 */
export function unprivileged(uid: number): Identity {
  if (uid !== 0) return { prefix: [], ids: {} };
  const [unshare = "", ...argv] = UNSHARE;
  if (spawnSync(unshare, [...argv, "true"]).status === 0) {
    return { prefix: UNSHARE, ids: {}, owner: 0 };
  }
  return asNobody();
}

/** What root falls back to. */
export function asNobody(): Identity {
  return { prefix: [], ids: { uid: NOBODY, gid: NOBODY }, owner: NOBODY };
}
