/**
 * The admin page: one document that carries its script and style and loads nothing from elsewhere.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { escapeHtml } from "../app.ts";
import { PAGE_SCRIPT } from "./script.ts";
import { PAGE_STYLE } from "./style.ts";

/** A page and the policy it must be sent with. */
export interface AdminPage {
  readonly html: string;
  /** Allows exactly this script and this style, by their hashes, and requests to this origin. */
  readonly contentSecurityPolicy: string;
}

/** The page of one version of the program; the same for every request. */
export function adminPage(version: string): AdminPage {
  return {
    html: documentText(version),
    contentSecurityPolicy: [
      "default-src 'none'",
      `script-src ${hashSource(PAGE_SCRIPT)}`,
      `style-src ${hashSource(PAGE_STYLE)}`,
      "connect-src 'self'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
}

const hashSource = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function documentText(version: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sipulse</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
</head>
<body>
<header><h1>sipulse</h1><span class="dim">${escapeHtml(version)}</span><span id="trouble" role="status"></span></header>
<div id="numbers">
<section aria-label="Contacts by state"><h2>Contacts</h2><div class="tiles" id="contact-tiles"></div></section>
<section aria-label="Probes"><h2>Probes <span class="dim">since the start</span></h2><div class="tiles" id="probe-tiles"></div></section>
</div>
<h2>Round trip times <span class="dim" id="quantiles"></span></h2>
<section id="histogram" aria-label="Histogram of round trip times"></section>
<div id="bounds" aria-hidden="true"></div>
<h2>Contacts, one by one <span class="dim" id="scanned"></span></h2>
<form id="filter">
<label>Order <select id="sort">
<option value="-roundTripMs">slowest first</option>
<option value="roundTripMs">fastest first</option>
<option value="-lossRatio">most lost first</option>
<option value="-jitterMs">most jitter first</option>
<option value="">as stored</option>
</select></label>
<label>State <select id="state">
<option value="">any</option>
<option>reachable</option>
<option>unreachable</option>
<option>degraded</option>
<option>unknown</option>
</select></label>
<label>Search <input id="q" type="search" maxlength="100" placeholder="AoR, address, user agent"></label>
</form>
<div class="scroll"><table>
<thead><tr><th>AoR</th><th>State</th><th class="number" title="Of the last answered probe">Round trip</th>
<th class="number" title="RFC 6298: moves by an eighth of each difference">Smoothed</th>
<th class="number" title="RFC 3550: how much consecutive round trips differ">Jitter</th>
<th class="number" title="Of the last 32 probes">Lost</th><th class="number">Last answer</th><th>User agent</th>
<th>Contact</th><th title="Where the probes go">Flow</th></tr></thead>
<tbody id="contacts"></tbody>
</table></div>
<noscript>This page needs scripts; the same numbers are at /api/v1/summary and /api/v1/contacts.</noscript>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}
