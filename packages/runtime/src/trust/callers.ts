import { createHash } from "node:crypto";
import { Access_Caller } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { AppError } from "../errors.ts";
import { readSettingFile } from "../files/setting-file.ts";

/** Who calls an RPC; ANYONE shows no credential. */
export type Caller = Access_Caller;

/** The callers that a service knows, by what they show. */
export interface Callers {
  /** By the SHA-256 of their tokens, in hexadecimal. */
  readonly byTokenHash: ReadonlyMap<string, Caller>;
  /** By the names in their certificates: `dns:<name>` or `spiffe://<id>`. */
  readonly byName: ReadonlyMap<string, Caller>;
}

/** No caller at all: only RPCs for anyone are answered. */
export const NO_CALLERS: Callers = { byTokenHash: new Map(), byName: new Map() };

const CALLERS: ReadonlyMap<string, Caller> = new Map([
  ["gateway", Access_Caller.GATEWAY],
  ["metering", Access_Caller.METERING],
  ["operator", Access_Caller.OPERATOR],
]);
const TOKEN_HASH = /^sha256:([0-9a-f]{64})$/;
const NAME = /^(?:dns:[^\s"]+|spiffe:\/\/[^\s"]+)$/;

/**
 * Reads the file of callers that a setting names: a line for each credential, `<caller> sha256:<hash of a token>`, `<caller> dns:<name>` or
 * `<caller> spiffe://<id>`. A caller may have several; lines that begin with `#` are comments. Errors: SETTING_INVALID.
 */
export async function readCallers(setting: string, file: string): Promise<Callers> {
  const text = `${await readSettingFile(setting, file)}`;
  const byTokenHash = new Map<string, Caller>();
  const byName = new Map<string, Caller>();
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) continue;
    const caller = CALLERS.get(words[0] ?? "");
    const credential = words[1] ?? "";
    const hash = TOKEN_HASH.exec(credential)?.[1];
    if (caller === undefined || words.length > 2 || !(hash || NAME.test(credential))) {
      throw new AppError("SETTING_INVALID", { message: lineProblem(file, index + 1) });
    }
    if (hash !== undefined) byTokenHash.set(hash, caller);
    else byName.set(credential, caller);
  }
  return { byTokenHash, byName };
}

/** The line stays out of the sentence: somebody may have put a token there. */
function lineProblem(file: string, line: number): string {
  const callers = [...CALLERS.keys()].join(", ");
  return `${file}: line ${line} is not one of ${callers} and sha256:<hash>, dns:<name> or spiffe://<id>`;
}

/** The hash by which a service knows a token. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
