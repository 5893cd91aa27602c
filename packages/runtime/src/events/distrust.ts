import { ErrorCode } from "nats";

/** The codes of Node and OpenSSL for a certificate that is not valid for this server, or that no authority vouches for. */
const CERTIFICATE_CODE = /^(CERT_|DEPTH_ZERO_|ERR_TLS_CERT_|SELF_SIGNED_|UNABLE_TO_)/;

/** Whether something answered that did not prove to be NATS: without TLS, or with a certificate that is not its own. */
export function isDistrust(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === ErrorCode.ServerOptionNotAvailable || CERTIFICATE_CODE.test(code);
}
