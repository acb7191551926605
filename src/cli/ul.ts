/**
 * `sipulse ul …`: asks a running daemon for its contacts, with the words of `kamctl`.
 *
 * @module
 */
import type { Command } from "commander";
import { ConfigError } from "../config/errors.ts";
import { environmentNameOf } from "../config/setting.ts";
import { callRpc, type RpcTarget } from "./rpc-client.ts";
import { dumpTable, lookupTable } from "./ul-table.ts";
import type { World } from "./world.ts";

/** The default of `admin.listen`. */
const DEFAULT_URL = "http://127.0.0.1:9465";

/** The name under which the one table of contacts is known (Kamailio's default as well). */
const TABLE = "location";

interface UlOptions {
  readonly url: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** Adds `ul` and its subcommands. */
export function addUlCommands(program: Command, world: World): void {
  const ul = program.command("ul").description("contacts of a running daemon");
  const add = (usage: string, doc: string) =>
    ul
      .command(usage)
      .description(doc)
      .option("--url <url>", "admin address of the daemon", DEFAULT_URL)
      .option("--token <token>", "bearer token; better in SIPULSE_ADMIN_TOKEN")
      .option("--json", "the result as JSON");

  const dump = async (options: UlOptions) => show(await callRpc(targetOf(options), "ul.dump", []), options, dumpTable);
  const lookup = async (aor: string, options: UlOptions) =>
    show(await callRpc(targetOf(options), "ul.lookup", [TABLE, aor]), options, lookupTable);

  add("show [aor]", "contacts of one address-of-record, or of all").action(
    (aor: string | undefined, options: UlOptions) => (aor === undefined ? dump(options) : lookup(aor, options)),
  );
  add("dump", "contacts of all addresses-of-record").action(dump);
  add("lookup <aor>", "contacts of one address-of-record").action(lookup);

  function targetOf({ url, token }: UlOptions): RpcTarget {
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
      throw new ConfigError([`command line: --url must be a URL such as ${DEFAULT_URL}, got ${url}`]);
    }
    return { url, token: token ?? (world.env[environmentNameOf("admin.token")] || null), fetch: world.fetch };
  }

  function show(result: unknown, { json }: UlOptions, table: (result: unknown) => string): void {
    world.out(json === true ? `${JSON.stringify(result, null, 2)}\n` : table(result));
  }
}
