import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector gets it, with what specs look at. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty when it begins its trace. */
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly string[];
  /** Code of what went wrong. */
  readonly error: string | undefined;
}

interface Value { stringValue?: string; intValue?: string | number; boolValue?: boolean; doubleValue?: number }
interface Attribute { key: string; value: Value }
interface Sent {
  resourceSpans?: { resource?: { attributes?: Attribute[] }; scopeSpans?: { spans?: { name: string; traceId: string; spanId: string; parentSpanId?: string; attributes?: Attribute[]; links?: { traceId: string }[]; status?: { code?: number; message?: string } }[] }[] }[];
}

/** A collector of traces: takes OTLP over HTTP as JSON (OpenTelemetry protocol 1.x, `POST /v1/traces`) on a free port. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Bodies as they came, to be searched for what must not be in them. */
  readonly bodies: string[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST' && request.url === '/v1/traces') this.take(Buffer.concat(chunks).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((ok) => receiver.server.listen(0, '127.0.0.1', ok));
    return receiver;
  }

  /** Base address, as `OTEL_EXPORTER_OTLP_ENDPOINT` wants it. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The spans once the condition holds for them, looked at whenever some come. */
  async until(condition: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]> {
    while (!condition(this.spans)) await new Promise<void>((ok) => this.waiting.add(ok));
    return this.spans;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((ok) => this.server.close(ok));
  }

  private take(body: string): void {
    this.bodies.push(body);
    for (const { resource, scopeSpans = [] } of (JSON.parse(body) as Sent).resourceSpans ?? []) {
      const service = String(valuesOf(resource?.attributes)['service.name']);
      for (const span of scopeSpans.flatMap((s) => s.spans ?? [])) {
        this.spans.push({
          service, name: span.name, traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId ?? '', attributes: valuesOf(span.attributes),
          links: (span.links ?? []).map((l) => l.traceId), error: span.status?.code === 2 ? span.status.message : undefined,
        });
      }
    }
    for (const look of this.waiting) look();
    this.waiting.clear();
  }
}

function valuesOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? (value.intValue === undefined ? value.boolValue ?? value.doubleValue : Number(value.intValue))]));
}
