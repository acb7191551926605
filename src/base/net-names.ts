/**
 * Names of transports and listen addresses: the words that settings, labels and rows share.
 *
 * @module
 */

/** Transports a phone can register over. `tls`, `ws` and `wss` are reserved words until their listeners exist. */
export const TRANSPORTS = ["udp", "tcp", "tls", "ws", "wss"] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** Where to listen, e.g. `udp:0.0.0.0:5060` or `tcp:[::1]:5060/advertise=sip.example.org:5060`. */
export interface ListenAddress {
  readonly transport: TransportName;
  /** Numeric IPv4 or IPv6 address without brackets. */
  readonly host: string;
  /** 0 .. 65535; 0 lets the system choose (tests). */
  readonly port: number;
  /** What Via shows instead of the bound address, `HOST:PORT`; `null` for the bound address itself. */
  readonly advertise: string | null;
}

/** `host:port`, IPv6 in brackets (RFC 3261 §25.1, RFC 5954). */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** 127.0.0.0/8, ::1, and 127/8 mapped into IPv6. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address) || address === "::1";
}
