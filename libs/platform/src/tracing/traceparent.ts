import type { SpanContext } from '@opentelemetry/api';

const FORM = /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;
const NONE = /^0+$/;

/** The place of a span in its trace as the text of a `traceparent` header (W3C Trace Context, 3.2). */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/**
 * The place that a `traceparent` header names; undefined when it is none. Only version 00 may not go on behind the flags, version ff is none
 * (W3C Trace Context, 3.2.2 and 4.3).
 */
export function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const parts = text === undefined ? undefined : FORM.exec(text)?.groups;
  if (!parts || parts['version'] === 'ff' || (parts['version'] === '00' && parts['more'] !== undefined)) return undefined;
  const { traceId, spanId, flags } = parts as { traceId: string; spanId: string; flags: string };
  if (NONE.test(traceId) || NONE.test(spanId)) return undefined;
  // Of the flags only "sampled" has a meaning.
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}
