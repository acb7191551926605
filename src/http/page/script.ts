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
/** In the order of the tiles; a state that no contact is in has none, unless it is one of the first three. */
const STATES = ["reachable", "unreachable", "unknown", "degraded"];
const STATES_ALWAYS_SHOWN = 3;
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

/** A share in percent, with a decimal where it matters; nothing of nothing is nothing. */
function percent(part, whole) {
  if (!whole) return "";
  const share = 100 * part / whole;
  return (share > 0 && share < 10 || share > 90 && share < 100 ? share.toFixed(1) : share.toFixed(0)) + " %";
}

/** Each tile: its name, which is also its class, its number, and a note beside the name. */
function showTiles(id, tiles) {
  at(id).replaceChildren(...tiles.map(([name, value, note]) => {
    const tile = element("div", "tile " + name + (value === 0 ? " zero" : ""));
    tile.append(element("b", "", Number(value).toLocaleString("en")), element("span", "dim", name),
      element("small", "dim", note));
    return tile;
  }));
}

function showSummary(summary) {
  const { contacts, states, transports } = summary;
  const shown = STATES.filter((state, i) => i < STATES_ALWAYS_SHOWN || states[state] > 0);
  showTiles("contact-tiles", [["registered", contacts, counted(transports)],
    ...shown.map((state) => [state, states[state] ?? 0, percent(states[state] ?? 0, contacts)])]);
  const { requests, answers, failures, failuresByReason, inFlight } = summary.probes;
  showTiles("probe-tiles", [["sent", requests, ""], ["answered", answers, percent(answers, answers + failures)],
    ["failed", failures, counted(failuresByReason)], ["in flight", inFlight, ""]]);
}

/** Names and their numbers, without those that are 0. */
const counted = (numbers) => Object.entries(numbers).filter(([, count]) => count > 0)
  .map(([name, count]) => name.replaceAll("_", " ") + " " + count.toLocaleString("en")).join(" · ");

const boundText = (boundS) => boundS < 1 ? Math.round(boundS * 1e5) / 100 + " ms" : boundS + " s";

/** One column per bucket. They stay, so that a bar can grow instead of being replaced. */
function showHistogram(histogram) {
  const { counts, boundsS, count } = histogram;
  if (at("histogram").children.length !== counts.length) layOutHistogram(boundsS);
  const most = Math.max(1, ...counts);
  for (let i = 0; i < counts.length; i++) {
    const [number, bar] = at("histogram").children[i].children;
    number.textContent = counts[i] === 0 ? "" : counts[i].toLocaleString("en");
    bar.style.height = (85 * counts[i] / most) + "%";
  }
  at("quantiles").textContent = count === 0 ? "no answer yet: each contact is probed once per keepalive interval"
    : count.toLocaleString("en") + " answers · half within " + milliseconds(quantile(histogram, 0.5)) +
      " · 95 % within " + milliseconds(quantile(histogram, 0.95)) +
      " · 99 % within " + milliseconds(quantile(histogram, 0.99));
}

function layOutHistogram(boundsS) {
  const labels = [...boundsS.map((boundS) => "≤ " + boundText(boundS)), "> " + boundText(boundsS.at(-1))];
  at("histogram").replaceChildren(...labels.map(() => {
    const bucket = element("div", "bucket");
    bucket.append(element("span", ""), element("i", ""));
    return bucket;
  }));
  at("bounds").replaceChildren(...labels.map((label) => element("span", "", label)));
}

function contactRow(contact) {
  const row = element("tr", "");
  const loss = contact.lossRatio === null ? "–" : (100 * contact.lossRatio).toFixed(0) + " %";
  row.append(
    element("td", "", contact.aor), element("td", contact.state, contact.state),
    element("td", "number strong", milliseconds(contact.roundTripMs)),
    element("td", "number", milliseconds(contact.smoothedRoundTripMs)),
    element("td", "number", milliseconds(contact.jitterMs)),
    element("td", contact.lossRatio > 0 ? "number lossy" : "number", loss),
    element("td", "number", ago(contact.lastAnsweredWallMs)), element("td", "", contact.userAgent ?? "–"),
    element("td", "", contact.address), element("td", "", contact.flow),
  );
  return row;
}

function showContacts(list) {
  at("contacts").replaceChildren(...list.contacts.map(contactRow));
  const { length } = list.contacts;
  at("scanned").textContent = length === 0 ? (list.scanned === 0 ? "none is registered" : "none is like that") :
    length + " shown, " + list.scanned.toLocaleString("en") + " looked at" +
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
    const paths = ["/api/v1/summary", "/api/v1/rtt-histogram", contactsPath()];
    const [summary, histogram, contacts] = await Promise.all(paths.map(get));
    showSummary(summary);
    showHistogram(histogram);
    showContacts(contacts);
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
