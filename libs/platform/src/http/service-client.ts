import type { ProblemDto } from '@opsmesh/contracts';
import type { Keys } from '../keys/keys.js';
import { currentTraceparent } from '../tracing/spans.js';
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
    const bytes = await this.send(method, path, options);
    return bytes.length === 0 ? undefined : this.parse(bytes);
  }

  /**
   * @returns the answer's bytes as they are.
   * @throws ProblemError as {@link call}.
   */
  download(path: string, options: Pick<CallOptions, 'signal'> = {}): Promise<Buffer> {
    return this.send('GET', path, options);
  }

  private async send(method: Method, path: string, options: CallOptions): Promise<Buffer> {
    const { to, url, timeoutMs = 5000 } = this.route;
    const token = await this.route.keys.serviceToken(this.route.from, to);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url + path, {
        method, redirect: 'error', ...content(options.body, token),
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (response.ok) return bytes;
      throw problemOf(response.status, bytes.toString()) ?? new ProblemError(503, 'service-unavailable', `${to} answered ${response.status} to ${method} ${path.split('?')[0]}`);
    } catch (e) {
      if (e instanceof ProblemError || options.signal?.aborted) throw e;
      throw this.unreachable(e);
    }
  }

  private parse(bytes: Buffer): unknown {
    try {
      return JSON.parse(bytes.toString()) as unknown;
    } catch (e) {
      throw this.unreachable(e);
    }
  }

  private unreachable(cause: unknown): ProblemError {
    return new ProblemError(503, 'service-unavailable', `${this.route.to} can't be reached at ${this.route.url}`, { cause });
  }
}

function content(body: object | undefined, token: string): { headers: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> } {
  const traceparent = currentTraceparent();
  const headers = { authorization: `Bearer ${token}`, ...(traceparent === undefined ? {} : { traceparent }) };
  if (body === undefined) return { headers };
  if (Buffer.isBuffer(body)) return { headers: { ...headers, 'content-type': 'application/octet-stream' }, body: body as Uint8Array<ArrayBuffer> };
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
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
