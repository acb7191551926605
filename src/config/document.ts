/**
 * Writes `docs/CONFIGURATION.md` from the settings table.
 *
 * @module
 */
import type { Written } from "./kinds.ts";
import { settingRows } from "./schema.ts";
import { environmentNameOf, flagOf, type Setting } from "./setting.ts";

const INTRODUCTION = `# Configuration

Written by \`npm run generate\` from \`src/config/schema.ts\`; change it there.

Every setting is a key of the YAML file, a flag and an environment variable. The first source that gives it wins:
flag, environment, file (\`--config FILE\` or \`SIPULSE_CONFIG\`), default. A flag given twice counts as given last.

\`\`\`sh
sipulse serve --config sipulse.yml --keepalive.interval 15s
SIPULSE_KEEPALIVE_INTERVAL=15s sipulse serve
\`\`\`

\`\`\`yaml
keepalive:
  interval: 15s
sip.domains: [example.org, example.net]   # a key with dots is the same as nested sections
\`\`\`

* Durations are a whole number and a unit: \`500ms\`, \`30s\`, \`5m\`, \`1h\`.
* Lists are comma-separated on flags and in the environment; in the file they are YAML lists.
* "Nothing" is an empty text, or \`null\` in the file.
* An unknown key, an unknown \`SIPULSE_\` variable or a bad value stops the start with every problem listed at once.
  Variables that Kubernetes sets for a Service (\`SIPULSE_SERVICE_HOST\`, \`SIPULSE_PORT_5060_UDP\` …) are left alone.
* \`sipulse check-config\` only checks; \`sipulse print-config\` prints the effective configuration and its sources.
* A reload (SIGHUP, \`POST /-/reload\`) reads everything again and takes over the settings marked *reload*; the others
  wait for a restart. A configuration with a problem is not taken over at all.
* \`web.config_file\` names a second file, with a format of its own: [WEB_CONFIG.md](WEB_CONFIG.md).
`;

/** The document, ready to be written to a file. */
export function configurationDocument(): string {
  const overview = settingRows.map(
    ([, row]) =>
      `| [\`${row.key}\`](#${anchorOf(row.key)}) | ${defaultOf(row)} | ${row.isLive ? "reload" : "restart"} | ${kamailioOf(row)} |`,
  );
  const table = ["| setting | default | takes effect on | Kamailio |", "|---|---|---|---|", ...overview].join("\n");
  return [INTRODUCTION, `${table}\n`, ...settingRows.map(([, row]) => entryOf(row))].join("\n");
}

function entryOf(row: Setting<unknown>): string {
  const example = row.kind.isList ? "LIST" : "VALUE";
  const lines = [
    `## ${row.key}`,
    "",
    row.doc,
    "",
    `* Flag \`${flagOf(row.key)} ${example}\`, environment \`${environmentNameOf(row.key)}\``,
    `* Accepted: ${row.kind.accepts}`,
    `* Default: ${defaultOf(row)}`,
    `* Changes take effect on: ${row.isLive ? "reload" : "restart"}`,
  ];
  if (row.kamailio !== null) lines.push(`* Kamailio: ${kamailioOf(row)}`);
  if (row.isSecret === true) lines.push("* A secret: never printed, logged or quoted in a message");
  return `${lines.join("\n")}\n`;
}

/** The default as an operator would write it, with what it follows. */
function defaultOf(row: Setting<unknown>): string {
  const text = plain(row.default);
  if (text === "") return row.defaultNote ?? (row.kind.isList ? "empty" : "nothing");
  return row.defaultNote === undefined ? `\`${text}\`` : `\`${text}\`; ${row.defaultNote}`;
}

/** The default in one line, for `--help`; `""` for nothing. */
export function plain(written: Written): string {
  return typeof written === "string" ? written : written.join(", ");
}

function kamailioOf(row: Setting<unknown>): string {
  if (row.kamailio === null) return "";
  return row.kamailio
    .split(", ")
    .map((name) => `\`${name}\``)
    .join(", ");
}

/** GitHub's anchor of a heading: dots go, the rest stays. */
const anchorOf = (key: string): string => key.replaceAll(".", "");
