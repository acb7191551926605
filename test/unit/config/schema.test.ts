import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configurationDocument } from "../../../src/config/document.ts";
import { settingRows } from "../../../src/config/schema.ts";
import { environmentNameOf } from "../../../src/config/setting.ts";
import { load } from "./load-text.ts";

const keys = settingRows.map(([, row]) => row.key);

test("every setting has its own key and its own environment variable", () => {
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(keys.map(environmentNameOf)).size).toBe(keys.length);
});

test("no key is also a section, so that the file can hold both ways of writing it", () => {
  expect(keys.filter((key) => keys.some((other) => other.startsWith(`${key}.`)))).toEqual([]);
});

test("every setting says what it does in whole sentences", () => {
  expect(settingRows.filter(([, row]) => !/^[A-Z].+\.$/.test(row.doc)).map(([name]) => name)).toEqual([]);
});

test("the defaults are those of the contract, in the program's units", () => {
  expect(load({})).toEqual({
    sipListen: [
      { transport: "udp", host: "0.0.0.0", port: 5060, advertise: null },
      { transport: "tcp", host: "0.0.0.0", port: 5060, advertise: null },
    ],
    sipDomains: [],
    registrarMinExpiresS: 60,
    registrarMaxExpiresS: 3_600,
    registrarDefaultExpiresS: 3_600,
    registrarMaxContacts: 10,
    registrarUseDomain: true,
    registrarNatDetect: true,
    registrarPath: "supported",
    registrarAuthMode: "loopback",
    locationMode: "write-back",
    locationFlushIntervalMs: 1_000,
    locationUrl: { kind: "sqlite", path: "sipulse.db" },
    locationMaxContacts: 1_000_000,
    serverId: 0,
    keepaliveScope: "all",
    keepaliveMethod: "OPTIONS",
    keepaliveFrom: null,
    keepaliveDomain: null,
    keepaliveIntervalMs: 30_000,
    keepaliveJitterRatio: 0.1,
    keepaliveProbeTimeoutMs: 4_000,
    keepaliveUnreachableAfter: 3,
    webListen: { host: "0.0.0.0", port: 9464 },
    webConfigFile: null,
    adminListen: { host: "127.0.0.1", port: 9465 },
    adminToken: null,
    telemetryDomainsMax: 20,
    tracesSampleRatio: 0.01,
    tracesMaxPerSecond: 50,
    tracesSlowMs: 1_000,
    tracesClearAor: false,
    sloReachability: [],
    sloRtt: [],
    logLevel: "info",
    logFormat: "json",
    simulatePhones: 0,
  });
});

test("docs/CONFIGURATION.md is what the table says; npm run generate writes it", () => {
  const file = new URL("../../../docs/CONFIGURATION.md", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(configurationDocument());
});

test.each(settingRows.map(([, row]) => row))("docs/CONFIGURATION.md documents $key with flag and variable", (row) => {
  const text = configurationDocument();
  expect(text).toContain(`\n## ${row.key}\n\n${row.doc}\n`);
  expect(text).toContain(`\`--${row.key} `);
  expect(text).toContain(`\`${environmentNameOf(row.key)}\``);
});
