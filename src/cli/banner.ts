/**
 * Three lines for the person who started the daemon by hand: where to look, where to scrape, where to register.
 *
 * Not a log line: it goes to standard error, and only where somebody is likely to read it.
 *
 * @module
 */

/** What there is to say about a daemon that is running. */
export interface BannerFacts {
  readonly urls: { readonly web: string; readonly admin: string };
  /** Bound SIP addresses, e.g. `udp:127.0.0.1:5060`. */
  readonly sip: readonly string[];
  /** 0 unless the daemon brought its own phones. */
  readonly simulatedPhones: number;
}

/** A wildcard with several transports binds dozens of addresses; the log names them all. */
const SIP_ADDRESSES_MAX = 4;

/** A terminal has a reader, and so has a demonstration. */
export function isBannerWanted(where: { readonly isTerminal: boolean; readonly simulatedPhones: number }): boolean {
  return where.isTerminal || where.simulatedPhones > 0;
}

/** The three lines, each with its end. */
export function bannerText({ urls, sip, simulatedPhones }: BannerFacts): string {
  const more = sip.length - SIP_ADDRESSES_MAX;
  const addresses = sip.slice(0, SIP_ADDRESSES_MAX).join("  ") + (more > 0 ? `  and ${more} more` : "");
  const phones = simulatedPhones === 0 ? "" : `  (${simulatedPhones} simulated phones)`;
  return [
    `page     ${clickable(urls.admin)}/\n`,
    `metrics  ${clickable(urls.web)}/metrics\n`,
    `SIP      ${addresses}${phones}\n`,
  ].join("");
}

/** "Every address" is where a server listens, not where a browser can go: this machine is one of them. */
function clickable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
