import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { startPoller } from "@geomesh/runtime/async/poller";
import type { Clock } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { readSettingFile } from "@geomesh/runtime/files/setting-file";
import type { Log } from "@geomesh/runtime/log";
import { contextOf, type TlsMaterial } from "./tls-door.ts";

/** Where the certificate for clients is, in PEM: both are set or none. */
export interface CertificateFiles {
  /** The certificate, followed by those between it and the authority. */
  readonly httpsCertFile: string;
  readonly httpsKeyFile: string;
}

/** The certificate for clients, which is read again when its files change. */
export interface Certificate {
  /** For connections to come; another object whenever it changes. */
  readonly material: TlsMaterial;
  /** When it expires, in milliseconds of the wall clock. */
  readonly expiresMs: number;
  close(): Promise<void>;
}

/** What the certificate works with. */
export interface CertificateDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** What a caller may choose. */
export interface CertificateOptions {
  /** How often the files are read, in milliseconds; default 2,000. */
  readonly pollMs?: number;
}

const POLL_MS = 2_000;

/**
 * Reads the certificate and its key; undefined where none is set. Files that are replaced, linked elsewhere or written in place
 * are noticed within two polls. What cannot be used is logged once for each change, unless it was mended by the next poll, as
 * between two writes; what was read before stays in use. Errors: SETTING_INVALID.
 */
export async function openCertificate(
  files: CertificateFiles,
  { clock, log }: CertificateDeps,
  { pollMs = POLL_MS }: CertificateOptions = {},
): Promise<Certificate | undefined> {
  if (files.httpsCertFile === "" && files.httpsKeyFile === "") return undefined;
  let current = await readPair(files)
    .then(usable)
    .catch((cause: Error) => {
      throw new AppError("SETTING_INVALID", { message: cause.message, cause });
    });
  tell(current, { clock, log });
  const refused = new Refused();
  const poll = async () => {
    const found = await readPair(files);
    if (found.digest !== current.digest) {
      current = usable(found);
      tell(current, { clock, log });
    }
    refused.forget();
  };
  const onError = (error: unknown) => {
    const { message } = error as Error;
    const digest = error instanceof UnusableError ? error.digest : "";
    if (refused.isNews(`${digest} ${message}`)) {
      log.warn({ problem: message }, "the certificate for clients: the former stays in use");
    }
  };
  const poller = startPoller(poll, { pauseMs: pollMs, onError });
  return {
    get material() {
      return current.material;
    },
    get expiresMs() {
      return current.expiresMs;
    },
    close: poller.close,
  };
}

/** What the files hold. */
interface Pair {
  readonly files: CertificateFiles;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Differs where the contents do. */
  readonly digest: string;
}

/** A pair with which connections can be made. */
interface UsablePair {
  readonly digest: string;
  readonly material: TlsMaterial;
  readonly certificate: X509Certificate;
  readonly expiresMs: number;
}

/** Files that were read and cannot be used. Its message has nothing of what they hold. */
class UnusableError extends Error {
  override readonly name = "UnusableError";
  readonly digest: string;

  constructor(message: string, { digest }: Pair, cause?: unknown) {
    super(message, { cause });
    this.digest = digest;
  }
}

/** Errors: one that says which file cannot be read. */
async function readPair(files: CertificateFiles): Promise<Pair> {
  const [cert, key] = await Promise.all([
    readSettingFile("GATEWAY_HTTPS_CERT_FILE", files.httpsCertFile),
    readSettingFile("GATEWAY_HTTPS_KEY_FILE", files.httpsKeyFile),
  ]);
  const digest = createHash("sha256").update(`${cert.length} `).update(cert).update(key);
  return { files, cert, key, digest: digest.digest("hex") };
}

/** Errors: UnusableError. */
function usable(pair: Pair): UsablePair {
  const { cert, key, digest } = pair;
  const { httpsCertFile: certFile, httpsKeyFile: keyFile } = pair.files;
  const certificate = certificateOf(pair);
  if (!certificate.checkPrivateKey(privateKeyOf(pair))) {
    throw new UnusableError(
      `the key in ${keyFile} is not that of the certificate in ${certFile}`,
      pair,
    );
  }
  try {
    const material = { cert, key };
    createSecureContext(contextOf(material));
    return { digest, material, certificate, expiresMs: certificate.validToDate.getTime() };
  } catch (cause) {
    const { message } = cause as Error;
    throw new UnusableError(`${certFile} and ${keyFile} cannot be used (${message})`, pair, cause);
  }
}

/** Errors: UnusableError. */
function certificateOf(pair: Pair): X509Certificate {
  try {
    return new X509Certificate(pair.cert);
  } catch (cause) {
    const file = pair.files.httpsCertFile;
    const message = `GATEWAY_HTTPS_CERT_FILE: ${file} does not begin with a certificate in PEM`;
    throw new UnusableError(message, pair, cause);
  }
}

/** Errors: UnusableError. */
function privateKeyOf(pair: Pair): KeyObject {
  try {
    return createPrivateKey(pair.key);
  } catch (cause) {
    const file = pair.files.httpsKeyFile;
    const message = `GATEWAY_HTTPS_KEY_FILE: ${file} is not a private key in PEM without a passphrase`;
    throw new UnusableError(message, pair, cause);
  }
}

function tell({ certificate, expiresMs }: UsablePair, { clock, log }: CertificateDeps): void {
  const { subjectAltName: names, serialNumber: serial, fingerprint256: fingerprint } = certificate;
  const told = { names, serial, fingerprint, expires: new Date(expiresMs).toISOString() };
  if (expiresMs > clock.wallMs()) log.info(told, "the certificate for clients was read");
  else log.warn(told, "the certificate for clients was read; it has expired");
}

/** Tells which problems are news: those that are there for two polls, once. */
class Refused {
  #last = "";
  #told = "";

  isNews(problem: string): boolean {
    const isLasting = problem === this.#last;
    this.#last = problem;
    if (!isLasting || problem === this.#told) return false;
    this.#told = problem;
    return true;
  }

  /** There is no problem any more. */
  forget(): void {
    this.#last = "";
    this.#told = "";
  }
}
