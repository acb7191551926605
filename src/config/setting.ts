/**
 * The shape of one row of the settings table, and the names that follow from its key.
 *
 * @module
 */
import type { Kind, Written } from "./kinds.ts";

/** One setting: everything that the file, flags, environment and documentation say about it. */
export interface Setting<T> {
  /** As operators write it: `keepalive.interval`. */
  readonly key: string;
  /** One or two sentences for the documentation and `--help`. */
  readonly doc: string;
  readonly kind: Kind<T>;
  /** As an operator would write it; `""` for "nothing" where the kind is optional. */
  readonly default: Written;
  /** What the default amounts to, where it depends on something else. */
  readonly defaultNote?: string;
  /** Whether a reload takes it over without a restart. */
  readonly isLive: boolean;
  /** Kamailio's name for it; `null` when it has none. */
  readonly kamailio: string | null;
  /** Whether the value must never be shown. */
  readonly isSecret?: boolean;
}

/** One row; exists so that the type of the value is inferred from the kind. */
export function setting<T>(row: Setting<T>): Setting<T> {
  return row;
}

/** `keepalive.interval` -> `--keepalive.interval`. */
export const flagOf = (key: string): string => `--${key}`;

/** What every environment variable of the program starts with. */
export const ENVIRONMENT_PREFIX = "SIPULSE_";

/** `keepalive.interval` -> `SIPULSE_KEEPALIVE_INTERVAL`. */
export const environmentNameOf = (key: string): string =>
  `${ENVIRONMENT_PREFIX}${key.replaceAll(".", "_").toUpperCase()}`;
