import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { tokenHash } from "@geomesh/runtime/trust/callers";

const CALLERS = ["gateway", "metering", "operator"] as const;
/** The callers that have a token. */
export type TestCaller = (typeof CALLERS)[number];

/** The callers of a service and their tokens, in files of a directory of mode 0700. */
export interface TestCallers {
  readonly dir: string;
  /** The file for the service. */
  readonly file: string;
  tokenOf(caller: TestCaller): string;
  /** The file for the caller. */
  tokenFileOf(caller: TestCaller): string;
  /** Removes the directory. */
  remove(): void;
}

/** Makes a token for each caller. */
export function createTestCallers(): TestCallers {
  const dir = mkdtempSync(path.join(tmpdir(), "geomesh-callers-"));
  const tokenOf = (caller: TestCaller) => `the-token-of-${caller}`;
  const tokenFileOf = (caller: TestCaller) => path.join(dir, `${caller}-token`);
  const file = path.join(dir, "callers");
  const lines = CALLERS.map((caller) => `${caller} sha256:${tokenHash(tokenOf(caller))}\n`);
  writeFileSync(file, lines.join(""));
  for (const caller of CALLERS) writeFileSync(tokenFileOf(caller), `${tokenOf(caller)}\n`);
  return { dir, file, tokenOf, tokenFileOf, remove: () => rmSync(dir, { recursive: true }) };
}
