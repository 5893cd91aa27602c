import { type Setting, setting } from "../config.ts";

/** The settings of a process's own certificate, by the prefix of its settings. None is set where it has none. */
export function tlsSettings(prefix: string): Record<TlsName, Setting<string>> {
  return {
    tlsCertFile: setting.text(`${prefix}_TLS_CERT_FILE`, ""),
    tlsKeyFile: setting.text(`${prefix}_TLS_KEY_FILE`, ""),
    tlsCaFile: setting.text(`${prefix}_TLS_CA_FILE`, ""),
  };
}

type TlsName = "tlsCertFile" | "tlsKeyFile" | "tlsCaFile";
