import { describe, expect, test } from "vitest";
import { isBehindNat, isPrivate, isSource, receivedUri, type Source } from "../../../src/registrar/nat.ts";

const udp = (remoteAddress: string, remotePort: number): Source => ({ transport: "udp", remoteAddress, remotePort });
const tcp = (remoteAddress: string, remotePort: number): Source => ({ transport: "tcp", remoteAddress, remotePort });

describe("isSource()", () => {
  test.each([
    {
      host: "192.0.2.7",
      port: 5_062,
      source: udp("192.0.2.7", 5_062),
      is: true,
      because: "host and port are the same",
    },
    { host: "192.0.2.7", port: null, source: udp("192.0.2.7", 5_060), is: true, because: "no port means 5060" },
    { host: "192.0.2.7", port: null, source: udp("192.0.2.7", 5_061), is: false, because: "no port means 5060 only" },
    { host: "192.0.2.8", port: 5_062, source: udp("192.0.2.7", 5_062), is: false, because: "another host" },
    { host: "phone.test", port: 5_062, source: udp("192.0.2.7", 5_062), is: false, because: "a name is not looked up" },
    { host: "192.0.2.7", port: 5_060, source: tcp("192.0.2.7", 49_152), is: true, because: "a stream has any port" },
    { host: "192.0.2.8", port: 5_060, source: tcp("192.0.2.7", 5_060), is: false, because: "a stream has one host" },
    {
      host: "[2001:db8::7]",
      port: 5_060,
      source: udp("2001:db8::7", 5_060),
      is: true,
      because: "brackets do not count",
    },
    {
      host: "[2001:db8:0::7]",
      port: 5_060,
      source: udp("2001:db8::7", 5_060),
      is: true,
      because: "IPv6 has many spellings",
    },
    { host: "[2001:db8::8]", port: 5_060, source: udp("2001:db8::7", 5_060), is: false, because: "another IPv6 host" },
  ])("$host:$port from $source.remoteAddress:$source.remotePort -> $is: $because", ({ host, port, source, is }) => {
    expect(isSource({ host, port }, source)).toBe(is);
  });
});

describe("isPrivate()", () => {
  test.each([
    { host: "10.0.0.1", is: true, because: "RFC 1918" },
    { host: "172.15.255.255", is: false, because: "just below 172.16/12" },
    { host: "172.16.0.1", is: true, because: "RFC 1918" },
    { host: "172.31.255.254", is: true, because: "the end of 172.16/12" },
    { host: "172.32.0.1", is: false, because: "just above 172.16/12" },
    { host: "192.168.1.1", is: true, because: "RFC 1918" },
    { host: "192.169.1.1", is: false, because: "just above 192.168/16" },
    { host: "100.63.255.255", is: false, because: "just below 100.64/10" },
    { host: "100.64.0.1", is: true, because: "RFC 6598" },
    { host: "100.127.0.1", is: true, because: "the end of 100.64/10" },
    { host: "100.128.0.1", is: false, because: "just above 100.64/10" },
    { host: "11.0.0.1", is: false, because: "a public address" },
    { host: "10.example.org", is: false, because: "a name that begins like an address" },
    { host: "[fd00::1]", is: true, because: "RFC 4193" },
    { host: "[FC00::1]", is: true, because: "RFC 4193, in capitals" },
    { host: "[2001:db8::1]", is: false, because: "not unique local" },
    { host: "fd.example.org", is: false, because: "a name that begins like an address" },
  ])("$host -> $is: $because", ({ host, is }) => {
    expect(isPrivate(host)).toBe(is);
  });
});

describe("isBehindNat()", () => {
  const here = { host: "192.0.2.7", port: 5_060 };
  const home = { host: "192.168.1.7", port: 5_060 };
  test.each([
    { contact: here, via: here, source: udp("192.0.2.7", 5_060), is: false, because: "everything names the source" },
    { contact: home, via: here, source: udp("192.0.2.7", 5_060), is: true, because: "the Contact is elsewhere" },
    { contact: here, via: home, source: udp("192.0.2.7", 5_060), is: true, because: "the Via is elsewhere" },
    { contact: here, via: here, source: udp("192.0.2.7", 40_000), is: true, because: "the NAT changed the port" },
    { contact: home, via: home, source: udp("192.168.1.7", 5_060), is: true, because: "a private address is one" },
  ])("$is: $because", ({ contact, via, source, is }) => {
    expect(isBehindNat(contact, via, source)).toBe(is);
  });
});

describe("receivedUri()", () => {
  test.each([
    { source: udp("192.0.2.7", 5_060), uri: "sip:192.0.2.7:5060", because: "UDP is what a URI means by itself" },
    { source: tcp("192.0.2.7", 49_152), uri: "sip:192.0.2.7:49152;transport=tcp", because: "a stream is named" },
    { source: udp("2001:db8::7", 5_060), uri: "sip:[2001:db8::7]:5060", because: "IPv6 goes into brackets" },
  ])("$uri: $because", ({ source, uri }) => {
    expect(receivedUri(source)).toBe(uri);
  });
});
