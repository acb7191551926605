/**
 * What is measured and what it must reach: docs/PERFORMANCE.md explains the rows, this is the table itself.
 *
 * @module
 */
import * as dump from "./measure-dump.ts";
import { nameOf, ownKeepalive, type Population, peerKeepalive } from "./measure-keepalive.ts";
import { ownMemory, peerMemory } from "./measure-memory.ts";
import { ownRegister, peerRegister } from "./measure-register.ts";
import type { Measurement, RowSpec } from "./measurement.ts";
import type { Options, Part } from "./options.ts";
import { overhead, quantiles, scrape } from "./plan-telemetry.ts";
import * as targets from "./targets.ts";

/** Size at which the CPU of a keepalive is measured. */
const CPU_CONTACTS = 10_000;
/** Up to so many contacts every one is probed each 8 s, above each 30 s. */
const CONTACTS_AT_SHORT_INTERVAL = 10_000;
const SHORT_INTERVAL_S = 8;
const LONG_INTERVAL_S = 30;
/** REGISTER requests under way at once. */
const WINDOWS = [16, 64, 256] as const;

const CPU_FACTOR_MAX = 0.4;
const ERROR_P50_US_MAX = 150;
const ERROR_P99_US_MAX = 1_000;
/** During a dump, imprecise samples included. */
const ERROR_P99_US_MAX_IN_DUMP = 5_000;
const UNFLAGGED_RATIO_MIN = 0.7;
const REGISTER_FACTOR_MIN = 1.5;
const OCTETS_PER_CONTACT_MAX = 600;
const DUMP_S_MAX = 2;
const METRICS_MS_MAX = 50;
/** Numbers get longer with more contacts; lines must not get more. */
const METRICS_GROWTH_MAX = 1.2;

/** The measurements that the wanted rows need, in order, each with those rows only. */
export function planOf(options: Pick<Options, "parts" | "contacts">): readonly Measurement[] {
  const populations = options.contacts.map(populationOf);
  return [
    cpuOfKeepalive(),
    ...populations.map(keepaliveBesideScrape),
    ...populations.map(keepaliveBesideDump),
    ...WINDOWS.map(register),
    memory(),
    dumpAndMetrics(),
    overhead(populationOf(CPU_CONTACTS)),
    scrape(),
    ...quantiles(),
  ]
    .map((measurement) => withParts(measurement, options.parts))
    .filter(({ rows }) => rows.length > 0);
}

function withParts(measurement: Measurement, parts: readonly Part[]): Measurement {
  return { ...measurement, rows: measurement.rows.filter(({ part }) => parts.includes(part)) };
}

/** The interval that goes with a number of contacts. */
export function populationOf(contacts: number): Population {
  return { contacts, intervalS: contacts <= CONTACTS_AT_SHORT_INTERVAL ? SHORT_INTERVAL_S : LONG_INTERVAL_S };
}

function cpuOfKeepalive(): Measurement {
  const population = populationOf(CPU_CONTACTS);
  return {
    name: `CPU of keepalives, ${nameOf(population)}`,
    own: (bench) => ownKeepalive(bench, population, "nothing"),
    peer: (bench) => peerKeepalive(bench, population, "large"),
    rows: [
      {
        part: "ka",
        what: `CPU per keepalive, ${nameOf(population)}`,
        figure: "cpuUs",
        unit: "us",
        target: targets.atMostOfPeer(CPU_FACTOR_MAX),
      },
    ],
  };
}

function keepaliveBesideScrape(population: Population): Measurement {
  const name = nameOf(population);
  const perS = population.contacts / population.intervalS;
  const most10Ms = targets.pacingTarget10Ms(perS);
  const most100Ms = targets.pacingTarget100Ms(perS);
  const p50 = targets.atMost(ERROR_P50_US_MAX);
  const p99 = targets.atMost(ERROR_P99_US_MAX);
  return {
    name: `keepalives, ${name}, a scrape per second`,
    own: (bench) => ownKeepalive(bench, population, "scrape"),
    peer: (bench) => peerKeepalive(bench, population, "default"),
    rows: [
      { part: "ka", what: `replies lost, ${name}`, figure: "lostRatio", unit: "share", target: targets.atMost(0) },
      { part: "ka", what: `RTT error p50, ${name}, scraped`, figure: "errorP50Us", unit: "us", target: p50 },
      { part: "ka", what: `RTT error p99, ${name}, scraped`, figure: "errorP99Us", unit: "us", target: p99 },
      { part: "pacing", what: `most probes in 10 ms, ${name}`, figure: "most10Ms", unit: "count", target: most10Ms },
      { part: "pacing", what: `most probes in 100 ms, ${name}`, figure: "most100Ms", unit: "count", target: most100Ms },
    ],
  };
}

/** There is no such row for the peer: its dump stops everything. */
function keepaliveBesideDump(population: Population): Measurement {
  const name = nameOf(population);
  const p99 = targets.atMost(ERROR_P99_US_MAX_IN_DUMP);
  const unflaggedP99 = targets.atMost(ERROR_P99_US_MAX);
  const share = targets.atLeast(UNFLAGGED_RATIO_MIN);
  const lost = targets.atMost(0);
  return {
    name: `keepalives, ${name}, one dump after the other`,
    own: (bench) => ownKeepalive(bench, population, "dump"),
    peer: null,
    rows: [
      { part: "ka", what: `replies lost, ${name}, dumping`, figure: "lostRatio", unit: "share", target: lost },
      { part: "ka", what: `RTT error p99, ${name}, dumping`, figure: "errorP99Us", unit: "us", target: p99 },
      {
        part: "ka",
        what: `RTT error p99 unflagged, ${name}, dumping`,
        figure: "unflaggedErrorP99Us",
        unit: "us",
        target: unflaggedP99,
      },
      { part: "ka", what: `share unflagged, ${name}, dumping`, figure: "unflaggedRatio", unit: "share", target: share },
    ],
  };
}

function register(window: number): Measurement {
  const target = targets.atLeastOfPeer(REGISTER_FACTOR_MIN);
  const rows = (["insert", "refresh"] as const).flatMap((kind): readonly RowSpec[] => {
    const what = `REGISTER ${kind === "insert" ? "inserts" : "updates"}, window ${window}`;
    return [
      { part: "reg", what, figure: `${kind}PerS`, unit: "/s", target },
      { part: "reg", what, figure: `${kind}PerCpuS`, unit: "/CPU-s", target },
    ];
  });
  return {
    name: `REGISTER, window ${window}`,
    own: (bench) => ownRegister(bench, window),
    peer: (bench) => peerRegister(bench, window),
    rows,
  };
}

function memory(): Measurement {
  const target = targets.atMost(OCTETS_PER_CONTACT_MAX);
  return {
    name: "memory",
    own: ownMemory,
    peer: peerMemory,
    rows: [{ part: "mem", what: "memory per contact", figure: "octetsPerContact", unit: "octets", target }],
  };
}

function dumpAndMetrics(): Measurement {
  const count = dump.DUMPED_CONTACTS;
  const name = count.toLocaleString("en-US");
  const growth = targets.atMost(METRICS_GROWTH_MAX);
  const time = targets.atMost(METRICS_MS_MAX);
  return {
    name: `ul.dump and /metrics, ${name}`,
    own: dump.ownDump,
    peer: dump.peerDump,
    rows: [
      { part: "dump", what: `ul.dump, ${name}`, figure: "dumpS", unit: "s", target: targets.atMost(DUMP_S_MAX) },
      {
        part: "dump",
        what: `ul.dump, AoRs of ${name}`,
        figure: "dumpAors",
        unit: "count",
        target: targets.atLeast(count),
      },
      { part: "metrics", what: `/metrics, ${name}`, figure: "metricsMs", unit: "ms", target: time },
      {
        part: "metrics",
        what: `/metrics, ${name}`,
        figure: "metricsOctets",
        unit: "octets",
        target: targets.NO_TARGET,
      },
      {
        part: "metrics",
        what: `/metrics, size against ${dump.FEW_CONTACTS} contacts`,
        figure: "metricsGrowth",
        unit: "x",
        target: growth,
      },
    ],
  };
}
