import { expect, test } from "vitest";
import { flowOfUri, guessFlow } from "../../../src/storage/numeric-flow.ts";

test.each([
  { uri: "sip:192.0.2.7:40000", flow: "udp:192.0.2.7:40000", because: "UDP is the default" },
  { uri: "sip:alice@192.0.2.7", flow: "udp:192.0.2.7:5060", because: "5060 is the default" },
  { uri: "sip:192.0.2.7:40000;transport=TCP", flow: "tcp:192.0.2.7:40000", because: "parameters ignore case" },
  { uri: "sips:alice@192.0.2.7", flow: "tls:192.0.2.7:5061", because: "sips is TLS" },
  { uri: "sips:192.0.2.7;transport=tcp", flow: "tls:192.0.2.7:5061", because: "TLS runs over TCP (RFC 3261 §26.2.2)" },
  { uri: "sip:a@192.0.2.7;ob;transport=ws", flow: "ws:192.0.2.7:5060", because: "other parameters do not matter" },
  { uri: "sip:bob@[2001:db8::1]:5062", flow: "udp:[2001:db8::1]:5062", because: "IPv6 keeps its brackets" },
  { uri: "<sip:edge@192.0.2.9;lr>,<sip:192.0.2.10>", flow: "udp:192.0.2.9:5060", because: "the first of a Path" },
  { uri: "<sip:192.0.2.9>;transport=tcp", flow: "udp:192.0.2.9:5060", because: "header parameters are not the URI's" },
  { uri: "sip:alice@phone.example.org", flow: null, because: "a name is not looked up" },
  { uri: "sip:alice@999.0.2.7", flow: null, because: "it is no address" },
  { uri: "sip:192.0.2.7:0", flow: null, because: "port 0 cannot be sent to" },
  { uri: "sip:192.0.2.7:70000", flow: null, because: "there is no such port" },
  { uri: "sip:192.0.2.7.example.org", flow: null, because: "it only begins like an address" },
  { uri: "sip:192.0.2.7;transport=sctp", flow: null, because: "we do not speak SCTP" },
  { uri: "tel:+15551234", flow: null, because: "it is no SIP URI" },
  { uri: "", flow: null, because: "it is nothing" },
])("$uri -> $flow: $because", ({ uri, flow }) => {
  expect(flowOfUri(uri)).toBe(flow);
});

test.each([
  { path: "<sip:192.0.2.1;lr>", received: "sip:192.0.2.2", flow: "udp:192.0.2.1:5060", because: "Path comes first" },
  {
    path: "<sip:edge.example>",
    received: "sip:192.0.2.2",
    flow: null,
    because: "behind a proxy only it can reach the phone",
  },
  { path: null, received: "sip:192.0.2.2", flow: "udp:192.0.2.2:5060", because: "then where the REGISTER came from" },
  { path: "", received: "", flow: "udp:192.0.2.3:5060", because: "then the Contact" },
])("path $path, received $received -> $flow: $because", ({ path, received, flow }) => {
  expect(guessFlow({ path, received, address: "sip:a@192.0.2.3" })).toBe(flow);
});
