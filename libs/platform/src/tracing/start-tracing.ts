import type { Logger } from 'pino';
import { limitedErrorLog } from '../logging/limited-error-log.js';
import { isTracing, traceWith } from './spans.js';
import type { TraceSettings } from './trace-settings.js';

/** Time for the last spans to leave when the process ends, in milliseconds. */
const LAST_SPANS_MS = 2000;

let stop: (() => Promise<void>) | undefined;

/**
 * Records spans of this process and sends them to a collector. OpenTelemetry is loaded only here. Asked again, it leaves things as they are:
 * a process has one name in traces.
 */
export async function startTracing(service: string, { url, share }: TraceSettings, log: Logger): Promise<void> {
  if (isTracing()) return;
  const [{ context, diag, DiagLogLevel, trace }, { AsyncLocalStorageContextManager }, { OTLPTraceExporter }, { defaultResource, detectResources, envDetector, resourceFromAttributes }, sdk] = await Promise.all([
    import('@opentelemetry/api'), import('@opentelemetry/context-async-hooks'), import('@opentelemetry/exporter-trace-otlp-http'), import('@opentelemetry/resources'), import('@opentelemetry/sdk-trace'),
  ]);
  const complain = limitedErrorLog(log, 'traces');
  const silent = (): void => undefined;
  // What the exporter says may repeat what a collector answered: it is not logged.
  diag.setLogger({ error: () => { complain(new Error('spans could not be sent to the collector')); }, warn: silent, info: silent, debug: silent, verbose: silent }, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  const provider = new sdk.TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': service, 'service.namespace': 'opsmesh', 'process.pid': process.pid })).merge(detectResources({ detectors: [envDetector] })),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), scheduledDelayMillis: 1000, maxQueueSize: 8192 })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  // Libraries that a tool uses may trace themselves: their spans join ours.
  trace.setGlobalTracerProvider(provider);
  traceWith(provider.getTracer('opsmesh'));
  stop = async () => {
    traceWith(undefined);
    await Promise.race([provider.shutdown(), new Promise<void>((ok) => { setTimeout(ok, LAST_SPANS_MS).unref(); })]);
    trace.disable();
    context.disable();
    diag.disable();
  };
  log.info({ share }, 'traces are on');
}

/** Sends what was recorded, for at most 2 s, and records nothing more. */
export async function stopTracing(): Promise<void> {
  const end = stop;
  stop = undefined;
  await end?.().catch(() => undefined);
}
