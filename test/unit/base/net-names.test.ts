import { describe, expect, test } from "vitest";
import { hostPort, isLoopback } from "../../../src/base/net-names.ts";

describe("hostPort()", () => {
  test.each([
    { host: "192.0.2.7", port: 5_060, printed: "192.0.2.7:5060", because: "IPv4" },
    { host: "2001:db8::9", port: 5_060, printed: "[2001:db8::9]:5060", because: "IPv6 in brackets (RFC 3261 §25.1)" },
    { host: "::ffff:192.0.2.7", port: 1, printed: "[::ffff:192.0.2.7]:1", because: "IPv4 mapped into IPv6 is IPv6" },
    { host: "sip.example.org", port: 65_535, printed: "sip.example.org:65535", because: "a name" },
  ])("$printed: $because", ({ host, port, printed }) => {
    expect(hostPort(host, port)).toBe(printed);
  });
});

describe("isLoopback()", () => {
  test.each([
    { address: "127.0.0.1", is: true, because: "the usual one" },
    { address: "127.255.3.4", is: true, because: "the whole of 127/8" },
    { address: "::1", is: true, because: "IPv6" },
    { address: "::ffff:127.0.0.1", is: true, because: "mapped" },
    { address: "::FFFF:127.0.0.1", is: true, because: "in capitals" },
    { address: "128.0.0.1", is: false, because: "next to it" },
    { address: "10.127.0.0", is: false, because: "127 elsewhere" },
    { address: "127.0.0.1.example.org", is: false, because: "a name that begins like it" },
    { address: "::ffff:10.0.0.1", is: false, because: "mapped, but not loopback" },
    { address: "::", is: false, because: "the wildcard" },
    { address: "", is: false, because: "nothing" },
  ])("$address -> $is: $because", ({ address, is }) => {
    expect(isLoopback(address)).toBe(is);
  });
});
