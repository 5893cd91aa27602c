import { spawnSync } from "node:child_process";

/** The identity under which a program runs that refuses to run as root. */
export interface Identity {
  /** Precedes the command. */
  readonly prefix: readonly string[];
  /** For `spawn`: the user and group of the process. Empty keeps those of the caller. */
  readonly ids: { readonly uid?: number; readonly gid?: number };
  /** Who must own its files. Undefined where only the caller comes into question. */
  readonly owner?: number;
}

/** The user `nobody`, whose name every system knows: initdb looks it up. */
const NOBODY = 65534;
const UNSHARE = ["unshare", "--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/**
 * The identity for a caller. An ordinary user keeps its own. Root uses a user namespace, where the process appears as `nobody`
 * but can still read files of root, such as a clone in a home directory of mode 0700. Where namespaces are disabled it runs as
 * `nobody`, who needs access to the directories above.
 */
export function unprivileged(uid: number): Identity {
  if (uid !== 0) return { prefix: [], ids: {} };
  const [unshare = "", ...argv] = UNSHARE;
  if (spawnSync(unshare, [...argv, "true"]).status === 0) {
    return { prefix: UNSHARE, ids: {}, owner: 0 };
  }
  return asNobody();
}

/** The identity `nobody`, without a namespace. */
export function asNobody(): Identity {
  return { prefix: [], ids: { uid: NOBODY, gid: NOBODY }, owner: NOBODY };
}
