/**
 * Engines that probe once a second, and their phones, for tests that run side by side: each test has a stage of its own.
 *
 * @module
 */
import { test as plainTest } from "vitest";
import type { BindingRow } from "../../src/location/contact-view.ts";
import {
  EngineHost,
  type HostSettings,
  openTcpPhone,
  openUdpPhone,
  type Phone,
  type TcpPhone,
  type UdpPhone,
} from "./engine-host.ts";
import { type RequestFields, registerText } from "./sip-text.ts";

/** Between two probes of one contact. */
export const INTERVAL_MS = 1_000;

/** Engines and phones of one test; all are gone when it is over. */
export class Stage {
  readonly #closers: (() => unknown)[] = [];

  /** An engine that probes everybody once a second. */
  async host(settings: HostSettings = {}, rows: readonly BindingRow[] = []): Promise<EngineHost> {
    const keepalive = { scope: "all" as const, intervalMs: INTERVAL_MS, ...settings.keepalive };
    const host = await EngineHost.open({ ...settings, keepalive }, rows);
    this.#closers.push(() => host.stop());
    return host;
  }

  async phone(host: EngineHost, address?: string): Promise<UdpPhone> {
    return this.phoneAt(host.port("udp"), address);
  }

  async phoneAt(port: number, address?: string): Promise<UdpPhone> {
    const phone = await openUdpPhone(port, address);
    this.#closers.push(() => phone.close());
    return phone;
  }

  async tcpPhone(host: EngineHost): Promise<TcpPhone> {
    const phone = await openTcpPhone(host.port("tcp"));
    this.#closers.push(() => phone.close());
    return phone;
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
  }
}

/** Tests that wait for a tick do so side by side, each on a stage of its own. */
export const test = plainTest.extend<{ stage: Stage }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner wants to see what a fixture depends on
  stage: async ({}, use) => {
    const stage = new Stage();
    await use(stage);
    await stage.close();
  },
});

/** Registers and takes the 200 out of the inbox. */
export async function register(phone: Phone, contact: string, fields: RequestFields = {}): Promise<void> {
  phone.send(registerText([contact], fields));
  const answer = (await phone.inbox.nextAnswer()).toString("latin1");
  if (!answer.startsWith("SIP/2.0 200")) throw new Error(`registration failed: ${answer}`);
}
