import { expect, test } from "vitest";
import { liveChanges } from "../../../src/config/changes.ts";
import { load } from "./load-text.ts";

test("a reload of the same configuration changes nothing", () => {
  const yaml = "sip.domains: [a.example]\nsip.listen: [udp:127.0.0.1:5060]";
  expect(liveChanges(load({ yaml }), load({ yaml }))).toEqual({ live: [], needRestart: [] });
});

test("changes are told apart by whether they wait for a restart, in the order of the table", () => {
  const next = load({
    yaml: "log.level: debug\nkeepalive.interval: 15s\nsip.domains: [a.example]\nserver.id: 3\nsip.listen: [udp:127.0.0.1:5060]",
  });
  expect(liveChanges(load({}), next)).toEqual({
    live: ["sip.domains", "keepalive.interval", "log.level"],
    needRestart: ["sip.listen", "server.id"],
  });
});

test("a default that follows a changed setting changes with it", () => {
  expect(liveChanges(load({}), load({ yaml: "keepalive.interval: 2s" })).live).toEqual([
    "keepalive.interval",
    "keepalive.probe_timeout",
  ]);
});
