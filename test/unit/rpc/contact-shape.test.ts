import { expect, test } from "vitest";
import { contactShape, type Persistence } from "../../../src/rpc/contact-shape.ts";
import { aContactView } from "../../fakes/engine-port.ts";

test.each([
  { fields: { qThousandths: -1 }, key: "Q", value: -1, because: "not given" },
  { fields: { qThousandths: 0 }, key: "Q", value: 0, because: "given as 0" },
  { fields: { qThousandths: 500 }, key: "Q", value: 0.5, because: "a half" },
  { fields: { qThousandths: 700 }, key: "Q", value: 0.7, because: "no rounding noise" },
  { fields: { qThousandths: 1_000 }, key: "Q", value: 1, because: "1.0 prints 1" },
  { fields: { userAgent: null }, key: "User-Agent", value: "n/a", because: "absent in the REGISTER" },
  { fields: { userAgent: "caf\xc3\xa9" }, key: "User-Agent", value: "café", because: "UTF-8 is decoded" },
  { fields: { received: null }, key: "Received", value: "[not set]", because: "unset strings have one literal" },
  { fields: { received: "sip:192.0.2.7:5060" }, key: "Received", value: "sip:192.0.2.7:5060", because: "it is set" },
  { fields: { path: null }, key: "Path", value: "[not set]", because: "unset" },
  { fields: { instance: null }, key: "Instance", value: "[not set]", because: "unset" },
  { fields: { socket: "" }, key: "Socket", value: "[not set]", because: "unset" },
  { fields: { lastSentWallMs: null }, key: "Flags", value: 0, because: "no probe was sent" },
  { fields: { lastSentWallMs: 1_800_000_000_500 }, key: "Flags", value: 8, because: "a probe was sent" },
  {
    fields: { lastSentWallMs: 1_800_000_000_500, lastModifiedWallMs: 1_800_000_001_000 },
    key: "Flags",
    value: 0,
    because: "a refresh clears it (Kamailio B37)",
  },
  {
    fields: { lastAnsweredWallMs: 1_800_000_030_900, lastModifiedWallMs: 1_800_000_040_000 },
    key: "Last-Keepalive",
    value: 1_800_000_040,
    because: "a refresh is a sign of life as well (Kamailio B37)",
  },
  { fields: { isNated: true }, key: "Keepalive", value: 1, because: "it means NATed, not pinged" },
  { fields: { isNated: false }, key: "Keepalive", value: 0, because: "not NATed" },
  { fields: { roundTripMs: null }, key: "KA-Roundtrip", value: 0, because: "0 stands for never" },
  { fields: { roundTripMs: 20.1344 }, key: "KA-Roundtrip", value: 20_134, because: "whole microseconds" },
  {
    fields: { lastModifiedWallMs: 1_800_000_000_999 },
    key: "Last-Modified",
    value: 1_800_000_000,
    because: "rounded down",
  },
  { fields: {}, key: "Last-Keepalive", value: 1_800_000_000, because: "the registration until something is answered" },
  {
    fields: { lastAnsweredWallMs: 1_800_000_030_900 },
    key: "Last-Keepalive",
    value: 1_800_000_030,
    because: "last accepted answer",
  },
  {
    fields: { lastSentWallMs: 1_800_000_060_000 },
    key: "Last-Keepalive",
    value: 1_800_000_000,
    because: "sending is no sign of life",
  },
  { fields: { expiresInS: 0 }, key: "Expires", value: "expired", because: "it is over" },
])("$key is $value with $fields: $because", ({ fields, key, value }) => {
  expect(contactShape(aContactView(fields), "new")[key]).toBe(value);
});

test.each<{ persistence: Persistence; state: string }>([
  { persistence: "new", state: "CS_NEW" },
  { persistence: "synced", state: "CS_SYNC" },
  { persistence: "dirty", state: "CS_DIRTY" },
])("a $persistence binding prints $state", ({ persistence, state }) => {
  expect(contactShape(aContactView(), persistence)["State"]).toBe(state);
});
