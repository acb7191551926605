/**
 * Who sends the telemetry.
 *
 * Nothing is detected: the SDK's detectors would publish command line, user, paths and host.
 *
 * @module
 */
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";

/** Which process of which release this is. */
export interface Identity {
  /** Release of sipulse. */
  readonly version: string;
  readonly serverId: number;
  /** `OTEL_SERVICE_NAME`; `null` without one. */
  readonly serviceName: string | null;
}

/** Ours, then `OTEL_RESOURCE_ATTRIBUTES`, then `OTEL_SERVICE_NAME`; a later one wins. */
export function resourceOf({ version, serverId, serviceName }: Identity): Resource {
  const own = {
    "service.name": "sipulse",
    "service.version": version,
    "service.instance.id": String(serverId),
  };
  return defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
    .merge(resourceFromAttributes(serviceName === null ? {} : { "service.name": serviceName }));
}
