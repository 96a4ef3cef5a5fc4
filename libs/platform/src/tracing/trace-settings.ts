import type { Env } from '../config/env.js';

export interface TraceSettings {
  /** Where spans go by OTLP over HTTP, the whole address. */
  readonly url: string;
  /** Share of the traces begun here that are recorded, 0 to 1; a trace that came from outside is recorded as its beginner wants it. */
  readonly share: number;
}

const SCHEMES = ['http:', 'https:'];
const DEFAULT_COLLECTOR = 'http://127.0.0.1:4318';

/**
 * Where traces go; undefined when nobody asked for them. `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (whole address) or `OTEL_EXPORTER_OTLP_ENDPOINT`
 * (base address) turns them on, `OPSMESH_TRACES=on` too, at a collector on this machine; `OPSMESH_TRACES=off` and `OTEL_SDK_DISABLED=true` win over all.
 * `OTEL_TRACES_SAMPLER_ARG` is the share. What else the exporter reads (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_RESOURCE_ATTRIBUTES`, ...) is as OpenTelemetry says.
 */
export function traceSettings(env: Env): TraceSettings | undefined {
  const wish = env.oneOf('OPSMESH_TRACES', ['on', 'off', 'auto'], 'auto');
  const whole = env.optional('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const base = env.optional('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (wish === 'off' || env.optional('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  if (wish === 'auto' && whole === undefined && base === undefined) return undefined;
  const url = whole === undefined ? `${env.url('OTEL_EXPORTER_OTLP_ENDPOINT', { schemes: SCHEMES, fallback: DEFAULT_COLLECTOR })}/v1/traces` : env.url('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', { schemes: SCHEMES });
  return { url, share: env.fraction('OTEL_TRACES_SAMPLER_ARG', 1) };
}
