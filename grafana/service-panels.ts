/**
 * Panels about the registrar, its transport and its process.
 *
 * @module
 */
import type { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { graph } from "./panels.ts";
import { rate, select, sum } from "./queries.ts";

/** Whether phones get in. */
export function registrationsByCode(): PanelBuilder {
  return graph(
    {
      title: "Responses to REGISTER by code",
      description:
        "200: bound or removed. 401: challenged, normally followed by a 200. 403: not allowed. 423: asked for too " +
        "short a lifetime. 503: a limit is reached. A flood of 200 after a restart is every phone coming back.",
      unit: "reqps",
      targets: [{ expr: sum(rate("sip_registrar_responses_total", "domain"), "code"), legend: "{{code}}" }],
    },
    { isStacked: true },
  );
}

/** How many registrations there are. */
export function bindings(): PanelBuilder {
  return graph(
    {
      title: "Bindings by transport",
      description: "Current bindings. They fall when phones leave or expire, not when a probe is lost.",
      unit: "short",
      targets: [{ expr: sum(select("sip_registrar_bindings", "domain"), "transport"), legend: "{{transport}}" }],
    },
    { isStacked: true },
  );
}

/** What arrives and is no SIP, and what never arrives. */
export function parseErrors(): PanelBuilder {
  return graph({
    title: "Parse errors and drops",
    description:
      "Received data that is not a valid SIP message, by reason; scanners cause a steady trickle. dropped: " +
      "socket_buffer is what the kernel threw away, which looks like loss to the phones: raise net.core.rmem_max.",
    unit: "cps",
    targets: [
      { expr: sum(rate("sip_transport_parse_errors_total", "transport"), "reason"), legend: "{{reason}}" },
      { expr: sum(rate("sip_transport_dropped_messages_total", "transport"), "reason"), legend: "dropped: {{reason}}" },
    ],
  });
}

/** Cores in use. */
export function processCpu(): PanelBuilder {
  return graph({
    title: "Process CPU",
    description: "All threads together; 100 % is one core. The engine thread alone can use one.",
    unit: "percentunit",
    targets: [{ expr: sum(rate("process_cpu_seconds_total", "process"), "instance"), legend: "{{instance}}" }],
  });
}

/** Memory in use. */
export function processMemory(): PanelBuilder {
  return graph({
    title: "Process memory",
    description: "Resident memory, and the heap of the main thread in it.",
    unit: "bytes",
    targets: [
      { expr: sum(select("process_resident_memory_bytes", "process"), "instance"), legend: "resident: {{instance}}" },
      { expr: sum(select("nodejs_heap_size_used_bytes", "process"), "instance"), legend: "heap: {{instance}}" },
    ],
  });
}

/** Whether the main thread keeps up. */
export function eventLoop(): PanelBuilder {
  return graph({
    title: "Event loop delay p99, main thread",
    description:
      "The thread that serves metrics, RPC and storage. It does not delay probes: those have a thread of their own, " +
      "see the schedule delay above.",
    unit: "s",
    targets: [{ expr: select("nodejs_eventloop_lag_p99_seconds", "process"), legend: "{{instance}}" }],
  });
}
