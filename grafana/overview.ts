/**
 * The dashboard an on-call engineer opens first, as the JSON of Grafana's dashboard schema v1.
 *
 *      node grafana/overview.ts > grafana/overview.json
 *
 * Panels stand in the order of the questions: who is unreachable, how slow is it, why, can the measurement be trusted,
 * do phones register, is the process healthy.
 *
 * @module
 */
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import * as keepalive from "./keepalive-panels.ts";
import { DATASOURCE } from "./panels.ts";
import * as service from "./service-panels.ts";

/** Lower-case words: what `label_values` is asked for, from a series that exists from the first second on. */
const LABEL_SOURCES = [
  { name: "job", label: "Job", query: "label_values(sip_registrar_build_info, job)" },
  { name: "instance", label: "Instance", query: 'label_values(sip_registrar_build_info{job=~"$job"}, instance)' },
  {
    name: "domain",
    label: "Domain",
    query: 'label_values(sip_keepalive_contacts{job=~"$job",instance=~"$instance"}, domain)',
  },
  {
    name: "transport",
    label: "Transport",
    query: 'label_values(sip_keepalive_contacts{job=~"$job",instance=~"$instance"}, transport)',
  },
] as const;

/** Builds the dashboard anew; the result does not depend on time or environment. */
export function overview(): Dashboard {
  const builder = new DashboardBuilder("SIP keepalive overview")
    .uid("sipulse-overview")
    .description("Reachability and round trip of registered SIP contacts, as measured by sipulse.")
    .tags(["sip", "sipulse"])
    .readonly()
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data Source").type("prometheus"));
  for (const source of LABEL_SOURCES) builder.withVariable(labelVariable(source));
  return builder
    .withRow(new RowBuilder("Contacts"))
    .withPanel(keepalive.contactsByState())
    .withPanel(keepalive.reachability())
    .withRow(new RowBuilder("Round trip"))
    .withPanel(keepalive.roundTripHeatmap())
    .withPanel(keepalive.roundTripQuantiles())
    .withRow(new RowBuilder("Probes"))
    .withPanel(keepalive.probesAndAnswers())
    .withPanel(keepalive.failuresByReason())
    .withPanel(keepalive.strayResponses())
    .withRow(new RowBuilder("Trust in the measurement"))
    .withPanel(keepalive.scheduleDelay())
    .withPanel(keepalive.impreciseShare())
    .withRow(new RowBuilder("Registrar"))
    .withPanel(service.registrationsByCode())
    .withPanel(service.bindings())
    .withPanel(service.parseErrors())
    .withRow(new RowBuilder("Process"))
    .withPanel(service.processCpu())
    .withPanel(service.processMemory())
    .withPanel(service.eventLoop())
    .build();
}

/** The dashboard as it is committed: two spaces, one line feed at the end. */
export function overviewJson(): string {
  return `${JSON.stringify(overview(), null, 2)}\n`;
}

/** One expression of one panel, ready for a Prometheus without Grafana. */
export interface DashboardQuery {
  /** Title of the panel. */
  readonly panel: string;
  readonly expr: string;
}

/**
 * Every expression of the dashboard, the variables set as Grafana sets them when everything is selected.
 *
 * @param interval what `$__rate_interval` becomes; at least four times the scrape interval
 */
export function dashboardQueries(interval = "1m"): DashboardQuery[] {
  return (overview().panels ?? []).flatMap((panel) => {
    if (!("targets" in panel)) return [];
    return (panel.targets ?? []).map((target) => ({
      panel: panel.title ?? "",
      expr: substitute(String((target as { expr?: unknown }).expr), interval),
    }));
  });
}

function substitute(expr: string, interval: string): string {
  const names = LABEL_SOURCES.map(({ name }) => name).join("|");
  return expr.replaceAll("$__rate_interval", interval).replaceAll(new RegExp(`\\$(${names})\\b`, "g"), ".+");
}

function labelVariable({ name, label, query }: (typeof LABEL_SOURCES)[number]): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".+")
    .current({ selected: true, text: "All", value: "$__all" });
}

if (import.meta.main) process.stdout.write(overviewJson());
