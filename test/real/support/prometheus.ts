/**
 * Prometheus as a process: scrapes one target every second, and answers PromQL.
 *
 * @module
 */
import { freeTcpPort, type RunningProcess, startProcess } from "../../support/real.ts";
import { temporaryFolder } from "./folder.ts";

/** One series of the answer to an instant query. */
export interface InstantSample {
  readonly metric: Readonly<Record<string, string>>;
  /** As Prometheus prints it, `NaN` and `+Inf` included. */
  readonly value: number;
}

/** A Prometheus that is ready. */
export interface RunningPrometheus extends AsyncDisposable {
  readonly process: RunningProcess;
  /** @throws {Error} when Prometheus refuses the expression */
  query(expr: string): Promise<readonly InstantSample[]>;
  /** Exemplars of the series the expression names, of the last hour; none without `exemplar-storage`. */
  exemplars(expr: string): Promise<readonly StoredExemplar[]>;
}

/** An exemplar as Prometheus stored it. */
export interface StoredExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Unix seconds. */
  readonly timestampS: number;
}

/** Job of the only target. */
export const JOB = "sipulse";

const configOf = (target: string): string => `global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: ${JOB}
    static_configs:
      - targets: ["${target}"]
`;

/**
 * Starts Prometheus and waits until it is ready.
 *
 * @param path of the program
 * @param web base URL of the daemon, e.g. `http://127.0.0.1:9464`
 * @param features words of `--enable-feature`
 */
export async function startPrometheus(
  path: string,
  web: string,
  features: readonly string[] = [],
): Promise<RunningPrometheus> {
  const folder = temporaryFolder();
  const config = folder.write("prometheus.yml", configOf(new URL(web).host));
  const listen = `127.0.0.1:${await freeTcpPort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${folder.file("data")}`,
    `--web.listen-address=${listen}`,
    ...(features.length > 0 ? [`--enable-feature=${features.join(",")}`] : []),
  ];
  try {
    const process = await startProcess(path, args, {
      cwd: folder.path,
      readyWhen: async () => (await fetch(`http://${listen}/-/ready`)).ok,
      readyTimeoutMs: 30_000,
      termGraceMs: 10_000,
    });
    return {
      process,
      query: (expr) => instantQuery(`http://${listen}`, expr),
      exemplars: (expr) => exemplarQuery(`http://${listen}`, expr),
      [Symbol.asyncDispose]: async () => {
        await process.stop();
        folder[Symbol.dispose]();
      },
    };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

async function exemplarQuery(url: string, query: string): Promise<readonly StoredExemplar[]> {
  const endS = Math.ceil(Date.now() / 1_000);
  const parameters = new URLSearchParams({ query, start: String(endS - 3_600), end: String(endS) });
  const answer = (await (await fetch(`${url}/api/v1/query_exemplars?${parameters}`)).json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data: readonly {
      readonly exemplars: readonly { labels: Record<string, string>; value: string; timestamp: number }[];
    }[];
  };
  if (answer.status !== "success") throw new Error(`Prometheus refused ${query}: ${answer.error}`);
  return answer.data.flatMap(({ exemplars }) =>
    exemplars.map(({ labels, value, timestamp }) => ({ labels, value: Number(value), timestampS: timestamp })),
  );
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly resultType: string;
    readonly result: ReadonlyArray<{ metric: Record<string, string>; value: [number, string] }>;
  };
}

async function instantQuery(url: string, expr: string): Promise<readonly InstantSample[]> {
  const response = await fetch(`${url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query: expr }) });
  const answer = (await response.json()) as Answer;
  if (answer.status !== "success") throw new Error(`Prometheus refused ${expr}: ${answer.error}`);
  if (answer.data.resultType !== "vector") throw new Error(`${expr} is no vector but a ${answer.data.resultType}`);
  return answer.data.result.map(({ metric, value: [, text] }) => ({
    metric,
    value: Number(text.replace(/^([+-])Inf$/, "$1Infinity")),
  }));
}
