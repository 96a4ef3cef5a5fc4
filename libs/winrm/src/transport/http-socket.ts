import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { WinRmError } from '../winrm-error.js';

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  /** Each WWW-Authenticate header by itself. */
  readonly challenges: readonly string[];
  readonly body: Buffer;
}

export interface HttpRequest {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** How long the answer may take, in ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Gives out one socket, once. */
class OneSocketAgent extends Agent {
  constructor(private readonly socket: Socket) {
    super({ keepAlive: true, maxSockets: 1 });
  }

  override createConnection(): Socket {
    return this.socket;
  }
}

/**
 * HTTP/1.1 POSTs to /wsman on one socket.
 * 1. One request at a time, and never another socket: a log-in belongs to this one.
 * 2. A request that got no whole answer (deadline, cancel, reset, too large) destroys the socket: what comes next could not be told apart.
 */
export class HttpSocket {
  private readonly agent: OneSocketAgent;
  private busy = false;

  constructor(private readonly socket: Socket, private readonly host: string, private readonly maxAnswerBytes: number) {
    this.agent = new OneSocketAgent(socket);
  }

  get isOpen(): boolean {
    return this.socket.writable && !this.socket.destroyed;
  }

  get isUsable(): boolean {
    return !this.busy && this.isOpen;
  }

  destroy(): void {
    this.agent.destroy();
    this.socket.destroy();
  }

  /** @throws WinRmError `connection-lost`, `protocol`; the signal's reason when it is aborted. */
  async post({ body, headers, timeoutMs, signal }: HttpRequest): Promise<HttpAnswer> {
    if (signal?.aborted) throw signal.reason;
    if (!this.isOpen) throw new WinRmError('connection-lost', 'the connection is not open any more');
    if (this.busy) throw new WinRmError('connection-lost', 'the connection is still waiting for the answer to another request');
    this.busy = true;
    try {
      return await this.exchange({ body, headers, timeoutMs, signal });
    } catch (thrown) {
      this.destroy();
      throw thrown;
    } finally {
      this.busy = false;
    }
  }

  private exchange({ body, headers, timeoutMs, signal }: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(new WinRmError('connection-lost', `the host gave no answer within ${timeoutMs} ms`)), timeoutMs);
      const aborted = (): void => fail(signal?.reason);
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
      };
      const fail = (reason: unknown): void => {
        finish();
        reject(signal?.aborted ? signal.reason : lost(reason));
        sent.destroy();
      };
      const sent = request({
        agent: this.agent,
        method: 'POST',
        path: '/wsman',
        headers: { Host: this.host, 'User-Agent': 'opsmesh-winrm', 'Content-Length': body.length, Connection: 'Keep-Alive', ...headers },
      });
      sent.on('error', fail);
      sent.on('response', (answer) => {
        this.read(answer).then((whole) => {
          finish();
          resolve(whole);
        }, fail);
      });
      signal?.addEventListener('abort', aborted, { once: true });
      sent.end(body);
    });
  }

  private async read(answer: IncomingMessage): Promise<HttpAnswer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.maxAnswerBytes) throw new WinRmError('protocol', `the host's answer is longer than ${this.maxAnswerBytes} bytes`);
      chunks.push(chunk);
    }
    return {
      status: answer.statusCode ?? 0,
      contentType: answer.headers['content-type'],
      challenges: answer.headersDistinct['www-authenticate'] ?? [],
      body: Buffer.concat(chunks),
    };
  }
}

/** What Node's HTTP client reports, as our error. */
function lost(reason: unknown): WinRmError {
  if (reason instanceof WinRmError) return reason;
  const { code } = reason as { readonly code?: unknown };
  if (typeof code === 'string' && code.startsWith('HPE_')) return new WinRmError('protocol', `the host does not speak HTTP/1.1 (${code})`, { cause: reason });
  return new WinRmError('connection-lost', `the connection was lost (${typeof code === 'string' ? code : 'closed'})`, { cause: reason });
}
