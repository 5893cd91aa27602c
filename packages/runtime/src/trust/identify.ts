import { Access_Caller } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { AppError } from "../errors.ts";
import { type Caller, type Callers, tokenHash } from "./callers.ts";

/** What a call shows of its caller; every call of a grpc-js server is one. */
export interface Shown {
  readonly metadata: { get(name: string): readonly (string | Buffer)[] };
  /** The certificate is there only where the server's authorities vouch for it. */
  getAuthContext(): { readonly sslPeerCertificate?: { readonly subjectaltname?: string } };
}

/** Tells who calls: ANYONE where nothing is shown. Errors: CALLER_UNKNOWN for an `authorization` that is not known. */
export type Identify = (shown: Shown) => Caller;

const BEARER = /^Bearer +(\S+) *$/i;
/** One name of a certificate, as Node lists them: a name with a comma or a quote is a JSON string. */
const ALT_NAME = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

/** Identifies callers by `authorization: Bearer <token>`, or without one by the names in the certificate of their connection. */
export function createIdentify({ byTokenHash, byName }: Callers): Identify {
  return (shown) => {
    const [header] = shown.metadata.get("authorization");
    if (header !== undefined) {
      const token = BEARER.exec(String(header))?.[1] ?? "";
      const caller = byTokenHash.get(tokenHash(token));
      if (caller === undefined) throw new AppError("CALLER_UNKNOWN");
      return caller;
    }
    if (byName.size === 0) return Access_Caller.ANYONE;
    const names = namesOf(shown.getAuthContext().sslPeerCertificate?.subjectaltname ?? "");
    const known = names.map((name) => byName.get(name)).find((caller) => caller !== undefined);
    return known ?? Access_Caller.ANYONE;
  };
}

/** The DNS names and URIs of a certificate, as files of callers write them. */
export function namesOf(altNames: string): string[] {
  const names: string[] = [];
  const pattern = new RegExp(ALT_NAME);
  for (let name = pattern.exec(altNames); name !== null; name = pattern.exec(altNames)) {
    const [, kind, text = ""] = name;
    if (text.startsWith('"')) continue;
    if (kind === "DNS") names.push(`dns:${text}`);
    if (kind === "URI") names.push(text);
  }
  return names;
}
