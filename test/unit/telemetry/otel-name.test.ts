import { expect, test } from "vitest";
import { prometheusName } from "../../../src/telemetry/otel-name.ts";

test.each([
  {
    otelName: "sip.keepalive.rtt",
    unit: "s",
    type: "histogram",
    name: "sip_keepalive_rtt_seconds",
    because: "a unit is spelt out",
  },
  {
    otelName: "sip.keepalive.contacts",
    unit: "{contact}",
    type: "gauge",
    name: "sip_keepalive_contacts",
    because: "braces are no unit",
  },
  {
    otelName: "sip.requests",
    unit: "{request}",
    type: "counter",
    name: "sip_requests_total",
    because: "a counter ends in total",
  },
  {
    otelName: "sip.total.requests",
    unit: "1",
    type: "counter",
    name: "sip_requests_total",
    because: "total moves to the end",
  },
  { otelName: "sip.loss", unit: "1", type: "gauge", name: "sip_loss_ratio", because: "1 is a ratio for a gauge" },
  {
    otelName: "sip.wait_seconds",
    unit: "s",
    type: "gauge",
    name: "sip_wait_seconds",
    because: "a unit is not repeated",
  },
  {
    otelName: "sip.cpu",
    unit: "s",
    type: "counter",
    name: "sip_cpu_seconds_total",
    because: "total comes after the unit",
  },
] as const)("$otelName ($unit) -> $name: $because", ({ name, ...row }) => {
  expect(prometheusName(row)).toBe(name);
});
