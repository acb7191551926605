/**
 * Makes the tables, and tells whether a database already has them.
 *
 * The tables are those of Kamailio's `usrloc-create.sql` for SQLite, name by name, so that either program may be the
 * one that created them.
 *
 * @module
 */
import type { Database } from "better-sqlite3";
import { BINDING_COLUMNS, BINDING_VERSION, LOCATION_COLUMNS, LOCATION_VERSION } from "./location-tables.ts";
import { StoreError } from "./store.ts";

/** Names of foreign tables or columns that a message quotes. */
const QUOTED_MAX = 5;

const CREATE_VERSION = `
  CREATE TABLE IF NOT EXISTS version (
    id INTEGER PRIMARY KEY NOT NULL,
    table_name VARCHAR(32) NOT NULL,
    table_version INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT version_table_name_idx UNIQUE (table_name)
  );
`;

const CREATE_LOCATION = `
  CREATE TABLE location (
    id INTEGER PRIMARY KEY NOT NULL,
    ruid VARCHAR(64) DEFAULT '' NOT NULL,
    username VARCHAR(64) DEFAULT '' NOT NULL,
    domain VARCHAR(64) DEFAULT NULL,
    contact VARCHAR(512) DEFAULT '' NOT NULL,
    received VARCHAR(128) DEFAULT NULL,
    path VARCHAR(512) DEFAULT NULL,
    expires TIMESTAMP WITHOUT TIME ZONE DEFAULT '2030-05-28 21:32:15' NOT NULL,
    q REAL DEFAULT 1.0 NOT NULL,
    callid VARCHAR(255) DEFAULT 'Default-Call-ID' NOT NULL,
    cseq INTEGER DEFAULT 1 NOT NULL,
    last_modified TIMESTAMP WITHOUT TIME ZONE DEFAULT '2000-01-01 00:00:01' NOT NULL,
    flags INTEGER DEFAULT 0 NOT NULL,
    cflags INTEGER DEFAULT 0 NOT NULL,
    user_agent VARCHAR(255) DEFAULT '' NOT NULL,
    socket VARCHAR(64) DEFAULT NULL,
    methods INTEGER DEFAULT NULL,
    instance VARCHAR(255) DEFAULT NULL,
    reg_id INTEGER DEFAULT 0 NOT NULL,
    server_id INTEGER DEFAULT 0 NOT NULL,
    connection_id INTEGER DEFAULT 0 NOT NULL,
    keepalive INTEGER DEFAULT 0 NOT NULL,
    partition INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT location_ruid_idx UNIQUE (ruid)
  );
  CREATE INDEX location_account_contact_idx ON location (username, domain, contact);
  CREATE INDEX location_expires_idx ON location (expires);
  CREATE INDEX location_tcpcon_idx ON location (connection_id);
  CREATE INDEX location_connection_idx ON location (server_id, connection_id);
  INSERT INTO version (table_name, table_version) VALUES ('location', ${LOCATION_VERSION});
`;

const CREATE_BINDING = `
  CREATE TABLE sipulse_binding (
    ruid VARCHAR(64) PRIMARY KEY NOT NULL,
    flow VARCHAR(64) NOT NULL,
    last_modified_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO version (table_name, table_version) VALUES ('sipulse_binding', ${BINDING_VERSION});
`;

/** What a database holds: nothing at all, Kamailio's tables, or ours too. */
export type SchemaState = "empty" | "kamailio" | "complete";

/**
 * Reads the schema; writes nothing.
 *
 * @throws {StoreError} `STORE_FOREIGN_SCHEMA` when it is not one that we may write to
 */
export function readSchema(db: Database, path: string): SchemaState {
  const tables = namesOf(
    db,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  );
  if (tables.length === 0) return "empty";
  const refuse = (what: string): never => {
    throw new StoreError(
      "STORE_FOREIGN_SCHEMA",
      `${path} ${what}; it must be empty or hold Kamailio's location table, version ${LOCATION_VERSION}`,
    );
  };
  if (!tables.includes("location")) refuse(`is a database of something else (${quoted(tables)})`);
  checkColumns("location", LOCATION_COLUMNS);
  if (!hasUniqueRuid(db)) refuse("has a location table whose ruid is not unique");
  checkVersion("location", LOCATION_VERSION);
  if (!tables.includes("sipulse_binding")) return "kamailio";
  checkColumns("sipulse_binding", BINDING_COLUMNS);
  checkVersion("sipulse_binding", BINDING_VERSION);
  return "complete";

  function checkColumns(table: string, expected: readonly string[]): void {
    const found = namesOf(db, `SELECT name FROM pragma_table_info('${table}')`);
    const missing = expected.filter((name) => !found.includes(name));
    const unknown = found.filter((name) => !expected.includes(name));
    if (missing.length > 0) refuse(`has a ${table} table without ${quoted(missing)}`);
    if (unknown.length > 0) refuse(`has a ${table} table with unknown columns (${quoted(unknown)})`);
  }

  function checkVersion(table: string, expected: number): void {
    const version = tables.includes("version") ? versionOf(db, table) : null;
    if (version !== expected) refuse(`has a ${table} table of version ${version ?? "unknown"}, not ${expected}`);
  }
}

/** Makes whatever is missing, inside the caller's transaction. */
export function completeSchema(db: Database, state: SchemaState): void {
  if (state === "empty") db.exec(CREATE_VERSION + CREATE_LOCATION);
  if (state !== "complete") db.exec(CREATE_BINDING);
}

function namesOf(db: Database, sql: string): string[] {
  return db.prepare(sql).pluck().all() as string[];
}

const quoted = (names: readonly string[]): string =>
  names.slice(0, QUOTED_MAX).join(", ") + (names.length > QUOTED_MAX ? ", ..." : "");

/** An upsert needs it, and so does Kamailio. */
function hasUniqueRuid(db: Database): boolean {
  const sql = `SELECT list.name FROM pragma_index_list('location') AS list WHERE list."unique" AND NOT list.partial
    AND (SELECT group_concat(name) FROM pragma_index_info(list.name)) = 'ruid'`;
  return namesOf(db, sql).length > 0;
}

/** `null` when the table has no row there, or the version table is not Kamailio's. */
function versionOf(db: Database, table: string): number | null {
  const columns = namesOf(db, "SELECT name FROM pragma_table_info('version')");
  if (!columns.includes("table_name") || !columns.includes("table_version")) return null;
  const version = db.prepare("SELECT table_version FROM version WHERE table_name = ?").pluck().get(table);
  return version === undefined ? null : Number(version);
}
