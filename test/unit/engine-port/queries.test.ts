/**
 * Questions about the table, on a table of a few contacts.
 *
 * @module
 */
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { Queries } from "../../../src/engine-port/queries.ts";
import { Heartbeats } from "../../../src/keepalive/heartbeats.ts";
import { ContactTable } from "../../../src/location/contact-table.ts";
import { aContact } from "../../fakes/contacts.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function openQueries(aors: readonly string[], domains: readonly string[]): Queries {
  const clock = new ManualClock();
  const table = new ContactTable({ capacity: 16, random: seededRandom(1), startWallMs: clock.wallMs() });
  for (const aor of aors) table.insert(aContact({ aor, address: `sip:${aor}` }));
  const heartbeats = new Heartbeats(16);
  return new Queries({ clock, table, heartbeats, socketName: () => "udp:127.0.0.1:5060" }, () => domains);
}

test.each([
  { asked: "alice@a.example", found: ["alice@a.example"], because: "that is how it is stored" },
  { asked: "alice", found: ["alice@a.example"], because: "a bare user is looked for in the known domains" },
  { asked: "bob", found: ["bob"], because: "stored without a domain" },
  { asked: "bob@any.example", found: ["bob"], because: "the domain is one too many (Kamailio B50)" },
  { asked: "carol", found: [], because: "her domain has no label of its own" },
  { asked: "carol@c.example", found: ["carol@c.example"], because: "the whole name needs no label" },
  { asked: "", found: [], because: "nobody has no name" },
  { asked: "alice@", found: [], because: "an empty domain is not any domain" },
])("lookup($asked) finds $found: $because", ({ asked, found }) => {
  const queries = openQueries(["alice@a.example", "bob", "carol@c.example"], ["b.example", "a.example"]);
  expect(queries.lookup(asked).map(({ aor }) => aor)).toEqual(found);
});
