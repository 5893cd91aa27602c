import { type ChannelCredentials, credentials, experimental } from "@grpc/grpc-js";
import type { TlsFiles, TlsMaterial } from "../trust/tls-files.ts";

type Provider = experimental.CertificateProvider;
type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

/** How a channel speaks: cleartext, or TLS with the files as they are whenever it connects. */
export function channelCredentials(tls: TlsFiles | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const provider = new FilesProvider(tls);
  return experimental.createCertificateProviderChannelCredentials(provider, provider);
}

/** Files as grpc-js wants to hear of them: at once, and when they change. */
class FilesProvider implements Provider {
  readonly #tls: TlsFiles;
  readonly #forget = new Map<CaListener | IdentityListener, () => void>();

  constructor(tls: TlsFiles) {
    this.#tls = tls;
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#tell(listener, ({ ca }) => listener({ caCertificate: ca }));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#remove(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#tell(listener, ({ cert, key }) => listener({ certificate: cert, privateKey: key }));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#remove(listener);
  }

  #tell(listener: CaListener | IdentityListener, tell: (material: TlsMaterial) => void): void {
    this.#forget.set(listener, this.#tls.onChange(tell));
    tell(this.#tls.current);
  }

  #remove(listener: CaListener | IdentityListener): void {
    this.#forget.get(listener)?.();
    this.#forget.delete(listener);
  }
}
