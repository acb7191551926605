/**
 * Datagrams the kernel threw away because a receive buffer of ours was full: nobody else can count them.
 *
 * Linux only: `/proc/net/udp` and `udp6` list every UDP socket with its local port in hex and its drops in the last
 * column. Elsewhere nothing is known, and nothing is counted.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

const TABLES = ["/proc/net/udp", "/proc/net/udp6"];

/** Drops so far of all sockets on these local ports; 0 where the system does not tell. */
export async function kernelDrops(ports: ReadonlySet<number>): Promise<number> {
  const texts = await Promise.all(TABLES.map((path) => readFile(path, "latin1").catch(() => "")));
  return texts.reduce((sum, text) => sum + dropsIn(text, ports), 0);
}

/** Drops in one table, header line included. */
export function dropsIn(table: string, ports: ReadonlySet<number>): number {
  let drops = 0;
  for (const line of table.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    const port = Number.parseInt(columns[1]?.split(":")[1] ?? "", 16);
    if (ports.has(port)) drops += Number(columns.at(-1));
  }
  return drops;
}
