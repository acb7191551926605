import { describe, expect, test } from "vitest";
import { type BannerFacts, bannerText, isBannerWanted } from "../../../src/cli/banner.ts";

/** A daemon with the default addresses on one machine. */
const someFacts = (fields: Partial<BannerFacts> = {}): BannerFacts => ({
  urls: { web: "http://127.0.0.1:9464", admin: "http://127.0.0.1:9465" },
  sip: ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"],
  simulatedPhones: 0,
  ...fields,
});

describe("the banner", () => {
  test("says where to look, where to scrape and where to register, in three lines", () => {
    expect(bannerText(someFacts())).toBe(
      [
        "page     http://127.0.0.1:9465/\n",
        "metrics  http://127.0.0.1:9464/metrics\n",
        "SIP      udp:127.0.0.1:5060  tcp:127.0.0.1:5060\n",
      ].join(""),
    );
  });

  test("counts the simulated phones", () => {
    expect(bannerText(someFacts({ simulatedPhones: 200 }))).toContain("tcp:127.0.0.1:5060  (200 simulated phones)\n");
  });

  test.each([
    { host: "0.0.0.0", shown: "127.0.0.1", because: "every IPv4 address includes the loopback" },
    { host: "[::]", shown: "[::1]", because: "every IPv6 address includes the loopback" },
    { host: "192.0.2.7", shown: "192.0.2.7", because: "an address is an address" },
  ])("a listener on $host is opened at $shown: $because", ({ host, shown }) => {
    const text = bannerText(someFacts({ urls: { web: `http://${host}:1`, admin: `http://${host}:2` } }));
    expect(text).toContain(`page     http://${shown}:2/\nmetrics  http://${shown}:1/metrics\n`);
  });

  test("stays three lines on a machine with many addresses", () => {
    const sip = Array.from({ length: 30 }, (_, i) => `udp:192.0.2.${i}:5060`);
    expect(bannerText(someFacts({ sip }))).toMatch(/\nSIP {6}(udp:192\.0\.2\.[0-3]:5060 {2}){4}and 26 more\n$/);
  });

  test.each([
    { isTerminal: true, simulatedPhones: 0, isWanted: true, because: "a person started it" },
    { isTerminal: false, simulatedPhones: 200, isWanted: true, because: "it is a demonstration" },
    { isTerminal: true, simulatedPhones: 200, isWanted: true, because: "it is both" },
    { isTerminal: false, simulatedPhones: 0, isWanted: false, because: "a service manager collects the log" },
  ])("terminal $isTerminal, $simulatedPhones phones -> $isWanted: $because", ({ isWanted, ...where }) => {
    expect(isBannerWanted(where)).toBe(isWanted);
  });
});
