import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Link, type Span, type Tracer } from '@opentelemetry/api';
import { ToolFailure } from '@opsmesh/contracts';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

/**
 * Spans of this process.
 *
 * 1. Off, nothing is made: callers on a hot path ask {@link isTracing} before they build what a span takes.
 * 2. Names and attributes hold no value that a person, a plan or a host gave but names of tools, steps and routes; never a message, an input or a URL.
 * 3. A span says how it ended by a code (of a failure, a problem or an error's class), never by a message.
 */
let tracer: Tracer | undefined;

/** Turns spans on, or off with undefined. */
export function traceWith(next: Tracer | undefined): void {
  tracer = next;
}

export function isTracing(): boolean {
  return tracer !== undefined;
}

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const;

export interface SpanStart {
  /** Default `internal`. */
  readonly kind?: keyof typeof KINDS;
  readonly attributes?: Attributes;
  /** `traceparent` of the span around it; null: it begins a trace. Default: the span that surrounds the call. One that can't be read begins a trace. */
  readonly parent?: string | null | undefined;
  /** Other traces that it is about, as `traceparent`s. */
  readonly links?: readonly string[];
  /** When it began, in milliseconds since the epoch, for one whose place was not known then; default now. */
  readonly startedAt?: number;
}

/** A span that runs. */
export interface OpenSpan {
  readonly traceparent: string;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** Runs work so that spans begun in it are children of this one. */
  around<T>(work: () => T): T;
  /** @param error code of what went wrong; left out when nothing did. */
  end(error?: string): void;
}

/** Begins a span; undefined when tracing is off. */
export function beginSpan(name: string, { kind = 'internal', attributes, parent, links, startedAt }: SpanStart = {}): OpenSpan | undefined {
  if (!tracer) return undefined;
  const options = { kind: KINDS[kind], ...(attributes ? { attributes } : {}), ...(links ? { links: links.flatMap(toLink) } : {}), ...(startedAt === undefined ? {} : { startTime: startedAt }) };
  return new RecordedSpan(tracer.startSpan(name, options, parent === undefined ? context.active() : contextOf(parent)));
}

/** Does work in a span of its own, which fails when the work does. Without tracing it is just done. */
export async function withSpan<T>(name: string, start: SpanStart, work: (span: OpenSpan | undefined) => Promise<T>): Promise<T> {
  const span = beginSpan(name, start);
  if (!span) return work(undefined);
  try {
    const result = await span.around(() => work(span));
    span.end();
    return result;
  } catch (e) {
    span.end(codeOf(e));
    throw e;
  }
}

/** The `traceparent` of the span that surrounds the call; undefined when there is none. */
export function currentTraceparent(): string | undefined {
  const current = tracer && trace.getSpanContext(context.active());
  return current && formatTraceparent(current);
}

function contextOf(parent: string | null): typeof ROOT_CONTEXT {
  const place = parent === null ? undefined : parseTraceparent(parent);
  return place ? trace.setSpanContext(ROOT_CONTEXT, place) : ROOT_CONTEXT;
}

function toLink(traceparent: string): Link[] {
  const place = parseTraceparent(traceparent);
  return place ? [{ context: place }] : [];
}

/** A short machine-made name for what was thrown. */
export function codeOf(error: unknown): string {
  if (error instanceof ToolFailure) return error.failure.code;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'error';
}

class RecordedSpan implements OpenSpan {
  constructor(private readonly span: Span) {}

  get traceparent(): string {
    return formatTraceparent(this.span.spanContext());
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  around<T>(work: () => T): T {
    return context.with(trace.setSpan(context.active(), this.span), work);
  }

  end(error?: string): void {
    if (error !== undefined) this.span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    this.span.end();
  }
}
