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
 */
export async function startPrometheus(path: string, web: string): Promise<RunningPrometheus> {
  const folder = temporaryFolder();
  const config = folder.write("prometheus.yml", configOf(new URL(web).host));
  const listen = `127.0.0.1:${await freeTcpPort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${folder.file("data")}`,
    `--web.listen-address=${listen}`,
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
