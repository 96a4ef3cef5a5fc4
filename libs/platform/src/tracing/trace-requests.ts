import type { NextFunction, Request, Response } from 'express';
import { beginSpan, isTracing } from './spans.js';

/** What is asked all the time by machines and says nothing: traced only when the asker traces it. */
const QUIET = /^\/(?:health\/|metrics$|internal\/)/;

/** A span around each request, named by method and route: the address itself may hold what a person typed. */
export function traceRequests() {
  return (request: Request, response: Response, next: NextFunction): void => {
    const parent = request.headers['traceparent'];
    if (!isTracing() || (parent === undefined && QUIET.test(request.path))) {
      next();
      return;
    }
    const { method } = request;
    const span = beginSpan(method, { kind: 'server', parent: typeof parent === 'string' ? parent : null, attributes: { 'http.request.method': method } })!;
    response.once('close', () => {
      const route = (request.route as { path?: unknown } | undefined)?.path;
      if (typeof route === 'string') {
        span.rename(`${method} ${route}`);
        span.set({ 'http.route': route });
      }
      span.set({ 'http.response.status_code': response.statusCode });
      span.end(response.statusCode >= 500 ? String(response.statusCode) : undefined);
    });
    span.around(next);
  };
}
