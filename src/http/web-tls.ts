/**
 * Certificate, key and authorities of a listener: read, checked, ready for a handshake.
 *
 * @module
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { TLS13_SUITES, type TlsSettings } from "./web-config-text.ts";

/** TLS whose certificates may be replaced while it runs. */
export interface TlsSource {
  /** Whether a client must show a certificate; the same as long as the listener is open. */
  readonly asksForCertificate: boolean;
  /** For the next handshake; the same object as long as nothing changed. */
  current(): SecureContextOptions;
}

/** Texts of the files that `TlsSettings` names. */
export interface TlsTexts {
  readonly cert: string;
  readonly key: string;
  /** `null` = clients need no certificate. */
  readonly clientCa: string | null;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/**
 * Checks that the parts fit together.
 *
 * @returns options for a handshake, or every problem; a key is never quoted
 */
export function secureOptionsOf(
  settings: TlsSettings,
  texts: TlsTexts,
): { readonly value: SecureContextOptions } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const chain = certificatesIn(texts.cert);
  if (chain === null) problems.push("tls_server_config.cert_file must hold a certificate in PEM form");
  const key = privateKeyIn(texts.key);
  if (key === null) problems.push("tls_server_config.key_file must hold a private key in PEM form, without passphrase");
  if (key !== null && chain?.[0]?.checkPrivateKey(key) === false) {
    problems.push("tls_server_config.key_file does not belong to the certificate in cert_file");
  }
  if (texts.clientCa !== null && certificatesIn(texts.clientCa) === null) {
    problems.push("tls_server_config.client_ca_file must hold certificates in PEM form");
  }
  if (problems.length > 0) return { problems };
  const value = optionsOf(settings, texts);
  try {
    createSecureContext(value); // Finds what no single part shows, such as a key that is too short.
    return { value };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(":").at(-1) : String(error);
    return { problems: [`tls_server_config cannot be used: ${reason}`] };
  }
}

function optionsOf(settings: TlsSettings, texts: TlsTexts): SecureContextOptions {
  const { minVersion, maxVersion, cipherSuites, prefersServerOrder } = settings;
  return {
    cert: texts.cert,
    key: texts.key,
    ...(texts.clientCa === null ? {} : { ca: texts.clientCa }),
    minVersion,
    maxVersion,
    ...(cipherSuites === null ? {} : { ciphers: [...TLS13_SUITES, ...cipherSuites].join(":") }),
    honorCipherOrder: prefersServerOrder,
  };
}

/** In the order of the file; `null` when there is none, or one that cannot be read. */
function certificatesIn(pem: string): readonly X509Certificate[] | null {
  const blocks = pem.match(CERTIFICATE) ?? [];
  try {
    return blocks.length === 0 ? null : blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

function privateKeyIn(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}
