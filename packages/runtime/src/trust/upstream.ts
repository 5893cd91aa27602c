import { AppError } from "../errors.ts";
import { readSettingFile } from "../files/setting-file.ts";
import { requirePrivateSocket } from "./private-directory.ts";
import type { TlsFiles } from "./tls-files.ts";

/** How a process reaches a service and what it shows there. */
export interface Upstream {
  /** `host:port` or `unix:<path>`. */
  readonly address: string;
  /** Sent with every call. */
  readonly token?: string;
  /** For connections to a `host:port`. */
  readonly tls?: TlsFiles;
}

/** The settings of an upstream. */
export interface UpstreamSettings {
  readonly address: string;
  /** The file with the token; empty where there is none. */
  readonly tokenFile: string;
  /** The name of the setting, for sentences. */
  readonly tokenSetting: string;
}

const LOOPBACK = /^(?:127\.[\d.]+|localhost|\[::1\]|::1):\d+$/i;

/** An upstream that serves anyone, so that nothing is shown but a certificate. Errors: SETTING_INVALID. */
export function openUpstream(address: string, tls: TlsFiles | undefined): Upstream {
  const socketPath = socketPathOf(address);
  if (socketPath !== undefined) requirePrivateSocket(socketPath);
  return tls === undefined || socketPath !== undefined ? { address } : { address, tls };
}

/**
 * An upstream that wants to know who calls. A token is sent to a socket that only this user can listen at, to whom a certificate
 * proves, or into a private network; never to whoever answers on a port of this machine. Errors: SETTING_INVALID.
 */
export async function openTrustedUpstream(
  { address, tokenFile, tokenSetting }: UpstreamSettings,
  tls: TlsFiles | undefined,
): Promise<Upstream> {
  const upstream = openUpstream(address, tls);
  if (tokenFile === "") {
    if (upstream.tls !== undefined) return upstream;
    throw invalid(`${tokenSetting} is required: ${address} must know who calls`);
  }
  if (upstream.tls === undefined && LOOPBACK.test(address)) {
    throw invalid(
      `${tokenSetting} is not sent to ${address}, where any program of this machine may listen: use unix:<path>, or TLS`,
    );
  }
  return { ...upstream, token: await readToken(tokenFile, tokenSetting) };
}

/** The path in `unix:<path>`; undefined for another address. */
export function socketPathOf(address: string): string | undefined {
  return address.startsWith("unix:") ? address.slice("unix:".length) : undefined;
}

async function readToken(file: string, tokenSetting: string): Promise<string> {
  const token = `${await readSettingFile(tokenSetting, file)}`.trim();
  if (/^[!-~]+$/.test(token)) return token;
  throw invalid(`${tokenSetting}: ${file} must hold one token and nothing else`);
}

function invalid(message: string): AppError {
  return new AppError("SETTING_INVALID", { message });
}
