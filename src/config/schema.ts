/**
 * Every setting, one row each: the only list of settings there is.
 *
 * The file, flags, environment variables, `print-config`, `--help` and `docs/CONFIGURATION.md` come from this table.
 * The order is the order in which they are printed. The left name is the program's and carries the unit.
 *
 * @module
 */
import { LOG_LEVELS } from "../base/log.ts";
import {
  bearerToken,
  filePath,
  httpAddress,
  listenAddress,
  locationUrl,
  probeMethod,
  sipHost,
  sipUri,
} from "./addresses.ts";
import { durationMs, durationS, listOf, oneOf, optional, ratio, wholeNumber, yesOrNo } from "./kinds.ts";
import { type Setting, setting } from "./setting.ts";
import { reachabilityObjective, rttObjective } from "./slo.ts";

export const settings = {
  sipListen: setting({
    key: "sip.listen",
    doc: "Where SIP is spoken. UDP on a wildcard opens one socket per local address; advertise is what Via shows instead of the bound address.",
    kind: listOf(listenAddress, { atLeast: 1 }),
    default: ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"],
    isLive: false,
    kamailio: "listen, advertise",
  }),
  sipDomains: setting({
    key: "sip.domains",
    doc: "Domains this registrar serves; empty serves any. They are also the values of the domain label.",
    kind: listOf(sipHost),
    default: [],
    isLive: true,
    kamailio: "alias",
  }),

  registrarMinExpiresS: setting({
    key: "registrar.min_expires",
    doc: "Shortest lifetime granted; a request for less is answered 423 (RFC 3261 §10.3).",
    kind: durationS({ min: "1s", max: "24h" }),
    default: "60s",
    isLive: true,
    kamailio: "min_expires",
  }),
  registrarMaxExpiresS: setting({
    key: "registrar.max_expires",
    doc: "Longest lifetime granted; a request for more is shortened.",
    kind: durationS({ min: "1s", max: "720h" }),
    default: "1h",
    isLive: true,
    kamailio: "max_expires",
  }),
  registrarDefaultExpiresS: setting({
    key: "registrar.default_expires",
    doc: "Lifetime granted when the request asks for none.",
    kind: durationS({ min: "1s", max: "720h" }),
    default: "1h",
    defaultNote: "kept between `registrar.min_expires` and `registrar.max_expires`",
    isLive: true,
    kamailio: "default_expires",
  }),
  registrarMaxContacts: setting({
    key: "registrar.max_contacts",
    doc: "Contacts of one address-of-record.",
    kind: wholeNumber({ min: 1, max: 1_000 }),
    default: "10",
    isLive: true,
    kamailio: "max_contacts",
  }),
  registrarUseDomain: setting({
    key: "registrar.use_domain",
    doc: "Whether alice@a.example and alice@b.example are two addresses-of-record.",
    kind: yesOrNo,
    default: "true",
    isLive: false,
    kamailio: "use_domain",
  }),
  registrarNatDetect: setting({
    key: "registrar.nat_detect",
    doc: "Marks a contact as behind NAT when its source differs from Via or Contact, or either shows a private address.",
    kind: yesOrNo,
    default: "true",
    isLive: false,
    kamailio: "nat_bflag",
  }),
  registrarPath: setting({
    key: "registrar.path",
    doc: "Path (RFC 3327): ignored, stored when the request announces it, or demanded.",
    kind: oneOf(["off", "supported", "required"]),
    default: "supported",
    isLive: true,
    kamailio: "use_path, path_mode",
  }),
  registrarAuthMode: setting({
    key: "registrar.auth.mode",
    doc: "Who may register: only 127.0.0.0/8 and ::1 (loopback), or anyone who can reach the port (none).",
    kind: oneOf(["loopback", "none"]),
    default: "loopback",
    isLive: true,
    kamailio: "auth",
  }),

  locationMode: setting({
    key: "location.mode",
    doc: "Whether registrations survive a restart (write-back) or live in memory only.",
    kind: oneOf(["write-back", "memory"]),
    default: "write-back",
    defaultNote: "`memory` with `simulate`",
    isLive: false,
    kamailio: "db_mode",
  }),
  locationFlushIntervalMs: setting({
    key: "location.flush_interval",
    doc: "Time between two commits of changed registrations; what a crash can lose.",
    kind: durationMs({ min: "10ms", max: "1h" }),
    default: "1s",
    isLive: false,
    kamailio: "timer_interval",
  }),
  locationUrl: setting({
    key: "location.url",
    doc: "Where registrations are stored. A relative path starts at the working directory.",
    kind: locationUrl,
    default: "sqlite:sipulse.db",
    isLive: false,
    kamailio: "db_url",
  }),
  locationMaxContacts: setting({
    key: "location.max_contacts",
    doc: "Contacts in all; a registration that does not fit is answered 503.",
    kind: wholeNumber({ min: 1, max: 10_000_000 }),
    default: "1000000",
    isLive: false,
    kamailio: null,
  }),

  serverId: setting({
    key: "server.id",
    doc: "Number of this server, unique among those that share a database.",
    kind: wholeNumber({ min: 0, max: 2_147_483_647 }),
    default: "0",
    isLive: false,
    kamailio: "server_id",
  }),

  keepaliveScope: setting({
    key: "keepalive.scope",
    doc: "Which contacts are probed.",
    kind: oneOf(["off", "all", "nat", "udp", "nat-udp"]),
    default: "all",
    isLive: true,
    kamailio: "ka_mode",
  }),
  keepaliveMethod: setting({
    key: "keepalive.method",
    doc: "Method of the probe.",
    kind: probeMethod,
    default: "OPTIONS",
    isLive: true,
    kamailio: "ka_method",
  }),
  keepaliveFrom: setting({
    key: "keepalive.from",
    doc: "From URI of the probe.",
    kind: optional(sipUri),
    default: "",
    defaultNote: "`sip:keepalive@<domain of the contact>`",
    isLive: true,
    kamailio: "ka_from",
  }),
  keepaliveDomain: setting({
    key: "keepalive.domain",
    doc: "Domain in To and From of the probe where the address-of-record has none.",
    kind: optional(sipHost),
    default: "",
    isLive: true,
    kamailio: "ka_domain",
  }),
  keepaliveIntervalMs: setting({
    key: "keepalive.interval",
    doc: "Time between two probes of the same contact.",
    kind: durationMs({ min: "1s", max: "24h" }),
    default: "30s",
    isLive: true,
    kamailio: "ka_interval",
  }),
  keepaliveJitterRatio: setting({
    key: "keepalive.jitter",
    doc: "Share of the interval by which each pause is shortened or stretched at random.",
    kind: ratio({ max: 0.9 }),
    default: "0.1",
    isLive: true,
    kamailio: "ka_randomize",
  }),
  keepaliveProbeTimeoutMs: setting({
    key: "keepalive.probe_timeout",
    doc: "A probe without an answer is lost after this. Must be shorter than the shortest pause, interval * (1 - jitter).",
    kind: durationMs({ min: "50ms", max: "1h" }),
    default: "4s",
    defaultNote: "less when `keepalive.interval` is below 5s",
    isLive: true,
    kamailio: null,
  }),
  keepaliveUnreachableAfter: setting({
    key: "keepalive.unreachable_after",
    doc: "Probes lost in a row before a contact counts as unreachable.",
    kind: wholeNumber({ min: 1, max: 100 }),
    default: "3",
    isLive: true,
    kamailio: null,
  }),

  webListen: setting({
    key: "web.listen",
    doc: "Where metrics and health checks are served.",
    kind: httpAddress,
    default: "0.0.0.0:9464",
    isLive: false,
    kamailio: "xhttp_prom",
  }),
  webConfigFile: setting({
    key: "web.config_file",
    doc: "TLS, users and response headers of web.listen, in the format of Prometheus' exporter-toolkit. A relative path starts at the working directory; the file and the certificates it names are read again when they change.",
    kind: optional(filePath),
    default: "",
    isLive: false,
    kamailio: null,
  }),
  adminListen: setting({
    key: "admin.listen",
    doc: "Where RPC and administration are served; any address but a loopback one needs admin.token.",
    kind: httpAddress,
    default: "127.0.0.1:9465",
    isLive: false,
    kamailio: null,
  }),
  adminToken: setting({
    key: "admin.token",
    doc: "Bearer token that RPC and administration ask for. Better given in the environment than on the command line.",
    kind: optional(bearerToken),
    default: "",
    isLive: false,
    kamailio: null,
    isSecret: true,
  }),

  telemetryDomainsMax: setting({
    key: "telemetry.domains.max",
    doc: "Values of the domain label when sip.domains is empty; further domains count as other.",
    kind: wholeNumber({ min: 0, max: 1_000 }),
    default: "20",
    isLive: false,
    kamailio: null,
  }),
  tracesSampleRatio: setting({
    key: "telemetry.traces.sample_ratio",
    doc: "Share of ordinary probes and registrations that become a span; failures, changes of state and slow answers always do.",
    kind: ratio(),
    default: "0.01",
    isLive: false,
    kamailio: null,
  }),
  tracesMaxPerSecond: setting({
    key: "telemetry.traces.max_per_second",
    doc: "Spans made in one second, whatever their reason.",
    kind: wholeNumber({ min: 1, max: 10_000 }),
    default: "50",
    isLive: false,
    kamailio: null,
  }),
  tracesSlowMs: setting({
    key: "telemetry.traces.slow",
    doc: "Round trips above this always become a span, up to telemetry.traces.max_per_second.",
    kind: durationMs({ min: "1ms", max: "1h" }),
    default: "1s",
    isLive: false,
    kamailio: null,
  }),
  tracesClearAor: setting({
    key: "telemetry.traces.clear_aor",
    doc: "Whether spans name addresses-of-record in clear text; otherwise they carry a keyed hash.",
    kind: yesOrNo,
    default: "false",
    isLive: false,
    kamailio: null,
  }),
  sloReachability: setting({
    key: "slo.reachability",
    doc: "Objectives for the share of contacts that answer, published for alerts; * stands for every domain without its own.",
    kind: listOf(reachabilityObjective),
    default: [],
    isLive: true,
    kamailio: null,
  }),
  sloRtt: setting({
    key: "slo.rtt",
    doc: "Objectives for the share of answers within a round trip, published for alerts; the threshold is a bucket bound of the histogram, below keepalive.probe_timeout.",
    kind: listOf(rttObjective),
    default: [],
    isLive: true,
    kamailio: null,
  }),
  logLevel: setting({
    key: "log.level",
    doc: "The least important lines that are still written.",
    kind: oneOf(LOG_LEVELS),
    default: "info",
    isLive: true,
    kamailio: "debug",
  }),
  logFormat: setting({
    key: "log.format",
    doc: "Lines for machines (json) or for people (pretty).",
    kind: oneOf(["json", "pretty"]),
    default: "json",
    isLive: false,
    kamailio: null,
  }),
  simulatePhones: setting({
    key: "simulate",
    doc: "Simulated phones that register with this server, for a first look; 0 for none.",
    kind: wholeNumber({ min: 0, max: 1_000_000 }),
    default: "0",
    isLive: false,
    kamailio: null,
  }),
} as const;

/** The program's name of a setting. */
export type SettingName = keyof typeof settings;

/** The daemon's configuration: every setting present, every value checked. */
export type Config = {
  readonly [K in SettingName]: (typeof settings)[K] extends Setting<infer T> ? T : never;
};

/** The rows with their names, in the order of the table. */
export const settingRows = Object.entries(settings) as ReadonlyArray<readonly [SettingName, Setting<unknown>]>;

/** The row of a key; `undefined` when there is none. */
export const settingNameOf: ReadonlyMap<string, SettingName> = new Map(
  settingRows.map(([name, row]) => [row.key, name]),
);
