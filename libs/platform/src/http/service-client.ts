import type { ProblemDto } from '@opsmesh/contracts';
import type { Keys } from '../keys/keys.js';
import { ProblemError } from './problem-error.js';

/** Where a {@link ServiceClient} calls, and as whom. */
export interface ServiceRoute {
  readonly keys: Keys;
  /** Name of the calling service. */
  readonly from: string;
  /** Name of the called service. */
  readonly to: string;
  /** Base URL of the called service. */
  readonly url: string;
  /** Time for one call, in milliseconds; default 5000. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  /** Sent as JSON. A Buffer is sent as it is, as `application/octet-stream`. */
  readonly body?: object;
  readonly signal?: AbortSignal;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Calls `/internal/*` of another service with a service token. It does not retry. */
export class ServiceClient {
  constructor(private readonly route: ServiceRoute) {}

  /**
   * @returns the answer's JSON, undefined when it has no body. The caller validates it.
   * @throws ProblemError with what the service answered, or 503 `service-unavailable` when it can't be reached or answers no problem document.
   */
  async call(method: Method, path: string, options: CallOptions = {}): Promise<unknown> {
    const { to, url, timeoutMs = 5000 } = this.route;
    const token = await this.route.keys.serviceToken(this.route.from, to);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url + path, {
        method, redirect: 'error', ...content(options.body, token),
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      });
      const text = await response.text();
      if (response.ok) return text === '' ? undefined : (JSON.parse(text) as unknown);
      throw problemOf(response.status, text) ?? new ProblemError(503, 'service-unavailable', `${to} answered ${response.status} to ${method} ${path.split('?')[0]}`);
    } catch (e) {
      if (e instanceof ProblemError || options.signal?.aborted) throw e;
      throw new ProblemError(503, 'service-unavailable', `${to} can't be reached at ${url}`, { cause: e });
    }
  }
}

function content(body: object | undefined, token: string): { headers: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> } {
  const authorization = `Bearer ${token}`;
  if (body === undefined) return { headers: { authorization } };
  if (Buffer.isBuffer(body)) return { headers: { authorization, 'content-type': 'application/octet-stream' }, body: body as Uint8Array<ArrayBuffer> };
  return { headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function problemOf(status: number, text: string): ProblemError | undefined {
  try {
    const document = JSON.parse(text) as Partial<ProblemDto> | null;
    if (typeof document?.code !== 'string') return undefined;
    return new ProblemError(status, document.code, typeof document.detail === 'string' ? document.detail : document.code, Array.isArray(document.errors) ? { errors: document.errors } : {});
  } catch {
    return undefined;
  }
}
