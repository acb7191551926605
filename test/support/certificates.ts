/**
 * X.509 certificates for tests, made in the process: no program to install, nothing that expires in the repository.
 *
 * Elliptic curve P-256 keys, SHA-256, version 3; just enough DER for one authority and what it signs (RFC 5280 §4.1).
 *
 * @module
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate with its key, both in PEM form. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

/** Signs others. */
export interface Authority extends Certified {
  /** @param name common name; every certificate is for localhost and 127.0.0.1 too */
  issue(name: string): Certified;
}

const ECDSA_WITH_SHA256 = oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
const COMMON_NAME = oid([0x55, 0x04, 0x03]);
const BASIC_CONSTRAINTS = oid([0x55, 0x1d, 0x13]);
const SUBJECT_ALT_NAME = oid([0x55, 0x1d, 0x11]);

/** A new authority with a key of its own. */
export function openAuthority(name: string): Authority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = { name, key: keys.privateKey };
  return {
    ...certify({ subject: name, issuer, keys, isAuthority: true }),
    issue(subject) {
      const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
      return certify({ subject, issuer, keys: own, isAuthority: false });
    },
  };
}

function certify(what: {
  readonly subject: string;
  readonly issuer: { readonly name: string; readonly key: KeyObject };
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly isAuthority: boolean;
}): Certified {
  const { subject, issuer, keys, isAuthority } = what;
  const localhost = [der(0x82, Buffer.from("localhost")), der(0x87, Buffer.from([127, 0, 0, 1]))];
  const extensions = [
    sequence(BASIC_CONSTRAINTS, der(0x01, Buffer.from([0xff])), octets(sequence(...(isAuthority ? [TRUE] : [])))),
    sequence(SUBJECT_ALT_NAME, octets(sequence(...localhost))),
  ];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // Version 3.
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    sequence(ECDSA_WITH_SHA256),
    nameOf(issuer.name),
    sequence(time("20200101000000Z"), time("20991231235959Z")),
    nameOf(subject),
    keys.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuer.key);
  const whole = sequence(body, sequence(ECDSA_WITH_SHA256), der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    cert: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Tag, length, content (X.690 §8.1). */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const header = length < 0x80 ? [tag, length] : [tag, ...long];
  return Buffer.concat([Buffer.from(header), content]);
}

const TRUE = der(0x01, Buffer.from([0xff]));

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(octetsOfOid: readonly number[]): Buffer {
  return der(0x06, Buffer.from(octetsOfOid));
}

const octets = (content: Buffer): Buffer => der(0x04, content);

const time = (text: string): Buffer => der(0x18, Buffer.from(text));

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(commonName)))));
}
