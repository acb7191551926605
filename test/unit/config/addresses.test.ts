import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  bearerToken,
  httpAddress,
  listenAddress,
  locationUrl,
  probeMethod,
  sipHost,
  sipUri,
} from "../../../src/config/addresses.ts";
import type { Kind } from "../../../src/config/kinds.ts";

/** The value, or `null` when the text is refused. */
function read<T>(kind: Kind<T>, text: string): T | null {
  const result = kind.schema.safeParse(text);
  return result.success ? result.data : null;
}

const udp = { transport: "udp", host: "0.0.0.0", port: 5060, advertise: null };

describe("a listen address", () => {
  test.each([
    { text: "udp:0.0.0.0:5060", value: udp, because: "the usual one" },
    { text: "tcp:[::]:5060", value: { ...udp, transport: "tcp", host: "::" }, because: "IPv6 stands in brackets" },
    { text: "udp:127.0.0.1:0", value: { ...udp, host: "127.0.0.1", port: 0 }, because: "0 lets the system choose" },
    {
      text: "udp:0.0.0.0:5060/advertise=sip.example.org:5080",
      value: { ...udp, advertise: "sip.example.org:5080" },
      because: "advertise may be a name",
    },
    {
      text: "udp:0.0.0.0:5060/advertise=[2001:db8::1]:5080",
      value: { ...udp, advertise: "[2001:db8::1]:5080" },
      because: "advertise may be an IPv6 address",
    },
  ])("$text is read, and printed the same: $because", ({ text, value }) => {
    expect(read(listenAddress, text)).toEqual(value);
    expect(z.encode(listenAddress.schema, value as never)).toBe(text);
  });

  test.each([
    { text: "0.0.0.0:5060", because: "the transport is missing" },
    { text: "UDP:0.0.0.0:5060", because: "transports are lower case" },
    { text: "tls:0.0.0.0:5061", because: "there is no TLS listener yet" },
    { text: "udp:0.0.0.0", because: "the port is missing" },
    { text: "udp:0.0.0.0:65536", because: "ports end at 65535" },
    { text: "udp:0.0.0.0:-1", because: "ports are not negative" },
    { text: "udp:localhost:5060", because: "a socket is bound to an address" },
    { text: "udp:256.0.0.1:5060", because: "not an address" },
    { text: "udp:[127.0.0.1]:5060", because: "IPv4 has no brackets" },
    { text: "udp:::1:5060", because: "IPv6 without brackets cannot be told from its port" },
    { text: "udp:[fe80::1%25eth0/24]:5060", because: "a prefix is not an address" },
    { text: "udp:0.0.0.0:5060/advertise=sip.example.org", because: "advertise needs a port" },
    { text: "udp:0.0.0.0:5060/advertise=a;b:5060", because: "it would end up in Via" },
    { text: "udp:0.0.0.0:5060/advertize=a:5060", because: "misspelt" },
    { text: "udp:0.0.0.0:5060 ", because: "a space behind it is not part of it" },
  ])("$text is refused: $because", ({ text }) => {
    expect(read(listenAddress, text)).toBeNull();
  });
});

describe("other places and words", () => {
  test.each<{ kind: Kind<unknown>; text: string; value: unknown; because: string }>([
    { kind: httpAddress, text: "127.0.0.1:9464", value: { host: "127.0.0.1", port: 9464 }, because: "address" },
    { kind: httpAddress, text: "[::1]:0", value: { host: "::1", port: 0 }, because: "brackets are not part of it" },
    { kind: httpAddress, text: "localhost:80", value: { host: "localhost", port: 80 }, because: "names are fine" },
    { kind: httpAddress, text: ":9464", value: null, because: "every address is written 0.0.0.0 or [::]" },
    { kind: httpAddress, text: "10.0.0:80", value: null, because: "a mistyped address is not a name" },
    { kind: sipHost, text: "Example.ORG", value: "example.org", because: "domains have no case (RFC 3261 §19.1.4)" },
    { kind: sipHost, text: "[2001:DB8::1]", value: "[2001:db8::1]", because: "as it stands in a URI" },
    { kind: sipHost, text: "2001:db8::1", value: null, because: "brackets are missing" },
    { kind: sipHost, text: "example.org:5060", value: null, because: "a port is not part of a domain" },
    { kind: sipHost, text: "-example.org", value: null, because: "labels start with a letter or digit" },
    { kind: sipHost, text: `${"a".repeat(64)}.org`, value: null, because: "labels have at most 63 characters" },
    { kind: sipHost, text: "a.".repeat(127), value: null, because: "names have at most 253 characters" },
    { kind: sipUri, text: "sips:a@b;lr", value: "sips:a@b;lr", because: "parameters stay" },
    { kind: sipUri, text: "sip:a@b>\r\nX: y", value: null, because: "it would forge a header" },
    { kind: sipUri, text: "tel:+49301234", value: null, because: "From of a probe is a SIP URI" },
    { kind: sipUri, text: `sip:${"a".repeat(251)}`, value: null, because: "it is bounded" },
    { kind: probeMethod, text: "INFO", value: "INFO", because: "harmless" },
    { kind: probeMethod, text: "X-PING", value: "X-PING", because: "any token may be one (RFC 3261 §7.1)" },
    { kind: probeMethod, text: "invite", value: null, because: "no phone may ring for a probe, in any case" },
    { kind: probeMethod, text: "REGISTER", value: null, because: "a phone is no registrar" },
    { kind: probeMethod, text: "OPTIONS\r\n", value: null, because: "not a token" },
    { kind: locationUrl, text: "sqlite:a b.db", value: { kind: "sqlite", path: "a b.db" }, because: "spaces are fine" },
    { kind: locationUrl, text: "sqlite:", value: null, because: "a file without a name" },
    { kind: locationUrl, text: "a.db", value: null, because: "the kind of database is missing" },
    { kind: bearerToken, text: "a$b", value: "a$b", because: "nothing is expanded" },
    { kind: bearerToken, text: "a b", value: null, because: "a header ends the token at the space" },
    { kind: bearerToken, text: "pässword", value: null, because: "headers are ASCII" },
    { kind: bearerToken, text: "***", value: null, because: "it is the mask, not the secret" },
    { kind: bearerToken, text: "x".repeat(513), value: null, because: "it is bounded" },
  ])("$text -> $value: $because", ({ kind, text, value }) => {
    expect(read(kind, text)).toEqual(value);
  });
});
