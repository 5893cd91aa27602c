import { X509Certificate } from "node:crypto";
import { createAuthority } from "@geomesh/servers/certificates";

/** A certificate for this machine, as the gateway has one, and who vouches for it. */
export interface TestCertificate {
  readonly material: { readonly cert: string; readonly key: string };
  readonly expiresMs: number;
  readonly ca: string;
}

/** Makes a certificate of an authority of its own. */
export function createTestCertificate(name = "localhost"): TestCertificate {
  const authority = createAuthority("test authority");
  const material = authority.issue(name, "127.0.0.1", "localhost");
  const expiresMs = new X509Certificate(material.cert).validToDate.getTime();
  return { material, expiresMs, ca: authority.cert };
}
