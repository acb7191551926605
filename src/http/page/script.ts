/**
 * The program of the admin page, as text: it runs in a browser and imports nothing.
 *
 * Text that came from the network enters the page through `textContent` only, after control characters and
 * bidirectional overrides have been replaced; there is no way from a User-Agent to markup.
 *
 * @module
 */

/** Plain ES2022 without template literals, so that it can stand in one here. */
export const PAGE_SCRIPT = String.raw`
"use strict";
const POLL_MS = 2000;
const STATES = ["reachable", "unreachable", "degraded", "unknown"];
const at = (id) => document.getElementById(id);

/** Characters that are invisible or turn the text around. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const visible = (text) => String(text).replace(UNSAFE, "\ufffd");

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = visible(text);
  return made;
}

/** Milliseconds in a readable length; a dash for "not yet". */
function milliseconds(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 1) return ms.toFixed(3) + " ms";
  return (ms < 100 ? ms.toFixed(1) : ms.toFixed(0)) + " ms";
}

/** Time since a Unix time in milliseconds. */
function ago(wallMs) {
  if (wallMs === null) return "–";
  const seconds = Math.max(0, Math.round((Date.now() - wallMs) / 1000));
  return seconds < 120 ? seconds + " s ago" : Math.round(seconds / 60) + " min ago";
}

/** The q-quantile in milliseconds, linear inside its bucket; null without samples or in the unbounded bucket. */
function quantile(histogram, q) {
  let rank = q * histogram.count;
  if (histogram.count === 0) return null;
  for (let i = 0; i < histogram.boundsS.length; i++) {
    const count = histogram.counts[i];
    if (rank <= count && count > 0) {
      const from = i === 0 ? 0 : histogram.boundsS[i - 1];
      return (from + (histogram.boundsS[i] - from) * (rank / count)) * 1000;
    }
    rank -= count;
  }
  return null;
}

function showSummary(summary) {
  const { requests, failures, inFlight } = summary.probes;
  const tiles = [["contacts", summary.contacts]];
  for (const state of STATES) tiles.push([state, summary.states[state] ?? 0]);
  tiles.push(["probes sent", requests], ["failed", failures], ["in flight", inFlight]);
  at("tiles").replaceChildren(...tiles.map(([name, value]) => {
    const tile = element("div", "tile " + name);
    tile.append(element("b", "", Number(value).toLocaleString("en")), element("span", "dim", name));
    return tile;
  }));
  at("transports").textContent = visible(Object.entries(summary.transports)
    .filter(([, count]) => count > 0).map(([name, count]) => name + " " + count).join(" · "));
}

function showHistogram(histogram) {
  const most = Math.max(1, ...histogram.counts);
  at("histogram").replaceChildren(...histogram.counts.map((count) => {
    const bucket = element("div", "bucket");
    const bar = element("i", "");
    bar.style.height = (90 * count / most) + "%";
    bucket.append(element("span", "", count === 0 ? "" : count), bar);
    return bucket;
  }));
  const labels = histogram.boundsS.map((bound) => bound < 1 ? Math.round(bound * 1e5) / 100 + " ms" : bound + " s");
  at("bounds").replaceChildren(...[...labels, "more"].map((text) => element("span", "", text)));
  at("quantiles").textContent = histogram.count + " answers · p50 " + milliseconds(quantile(histogram, 0.5)) +
    " · p95 " + milliseconds(quantile(histogram, 0.95)) + " · p99 " + milliseconds(quantile(histogram, 0.99));
}

function contactRow(contact) {
  const row = element("tr", "");
  const loss = contact.lossRatio === null ? "–" : (100 * contact.lossRatio).toFixed(0) + " %";
  row.append(
    element("td", "", contact.aor), element("td", "", contact.address), element("td", contact.state, contact.state),
    element("td", "number", milliseconds(contact.roundTripMs)),
    element("td", "number", milliseconds(contact.smoothedRoundTripMs)),
    element("td", "number", milliseconds(contact.jitterMs)), element("td", "number", loss),
    element("td", "number", ago(contact.lastAnsweredWallMs)), element("td", "", contact.flow),
    element("td", "", contact.userAgent ?? "–"),
  );
  return row;
}

function showContacts(list) {
  at("contacts").replaceChildren(...list.contacts.map(contactRow));
  at("scanned").textContent = list.contacts.length + " shown, " + list.scanned + " looked at" +
    (list.isComplete ? "" : " (not all of them: there are more)");
}

async function get(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? answer.title ?? response.statusText);
  return answer;
}

/** The contact list as the form asks for it. */
function contactsPath() {
  const query = new URLSearchParams({ limit: "50" });
  for (const name of ["sort", "state", "q"]) if (at(name).value) query.set(name, at(name).value);
  return "/api/v1/contacts?" + query;
}

async function refresh() {
  try {
    showSummary(await get("/api/v1/summary"));
    showHistogram(await get("/api/v1/rtt-histogram"));
    showContacts(await get(contactsPath()));
    at("trouble").textContent = "";
  } catch (error) {
    at("trouble").textContent = visible("Not up to date: " + error.message);
  }
}

/** One round after the other, and none while nobody looks. */
async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(poll, POLL_MS);
}

at("filter").addEventListener("submit", (event) => event.preventDefault());
at("filter").addEventListener("change", refresh);
poll();
`;
