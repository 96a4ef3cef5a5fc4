import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import { decodeEncryptedBody, encodeEncryptedBody, ENCRYPTED_CONTENT_TYPE, isEncryptedType, SOAP_CONTENT_TYPE, type NtlmSession } from '@opsmesh/winrm/protocol';
import { ConnectionLogin, domainOf } from './connection-login.js';
import type { WindowsFaults } from './host-faults.js';
import { perform, type OperationSurroundings } from './operations.js';
import type { CommandRecord } from './running-command.js';
import { ShellService } from './shell-service.js';
import type { WindowsHostSpec } from './windows-host-spec.js';
import { windowsState, type WindowsState } from './windows-state.js';
import { faulted } from './wsman-answer.js';
import { faults as wsmanFaults, WsmanFault } from './wsman-fault.js';
import { messageIdOf, readEnvelope, readRequest, type WsmanRequest } from './wsman-request.js';

/** What a simulated Windows host counts. */
export interface WindowsCounters {
  /** TCP connections taken. */
  connections: number;
  /** Requests answered with 401, those of a log-in's first steps among them. */
  unauthorized: number;
  /** Messages that came sealed. */
  sealed: number;
  /** Messages that came as plain text. */
  plain: number;
  /** Requests understood, by what they asked for. */
  readonly actions: Partial<Record<WsmanRequest['action'], number>>;
}

interface Answer {
  readonly status: number;
  /** An envelope; undefined for no body. */
  readonly text: string | undefined;
}

const DEFAULT_ENVELOPE_BYTES = 512_000;
const DEFAULT_CHUNK_BYTES = 32_768;
/** Idle connections are closed after this time, as http.sys closes them. */
const IDLE_MS = 120_000;

/**
 * A WS-Management service that is one simulated Windows host: real HTTP, log-in, sealing and shells; what commands print comes from tables
 * (simulated-powershell.ts says which).
 */
export class SimulatedWindowsHost {
  readonly faults: WindowsFaults = {};
  readonly counters: WindowsCounters = { connections: 0, unauthorized: 0, sealed: 0, plain: 0, actions: {} };
  readonly state: WindowsState;
  private readonly shells: ShellService;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly logins = new WeakMap<Socket, ConnectionLogin>();

  /** `ledger` is told of each side effect. */
  constructor(readonly spec: WindowsHostSpec, private readonly ledger: (argument: string) => void) {
    this.state = windowsState(spec.hostname, structuredClone(spec.state));
    this.shells = new ShellService({ maxShells: spec.maxShells ?? 30, maxOperations: spec.maxOperations ?? 1500 });
    const { tls } = spec;
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      this.serve(request, response).catch(() => { request.socket.destroy(); });
    };
    this.server = tls ? createHttps({ cert: tls.certificate, key: tls.key, requestCert: tls.clients !== undefined, rejectUnauthorized: false }, serve) : createHttp(serve);
    this.server.keepAliveTimeout = IDLE_MS;
    this.server.requestTimeout = 0;
    this.server.on('connection', (socket: Socket) => {
      this.counters.connections++;
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    });
    this.server.on('tlsClientError', () => undefined);
  }

  get address(): string {
    return this.spec.address;
  }

  get port(): number {
    const bound = this.server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : this.wantedPort;
  }

  get url(): string {
    return `${this.spec.tls ? 'https' : 'http'}://${this.address}:${this.port}/wsman`;
  }

  /** Everything that ever ran here, in the order it was started. */
  get commands(): readonly CommandRecord[] {
    return this.shells.records;
  }

  /** What runs now. */
  get running(): readonly CommandRecord[] {
    return this.shells.running;
  }

  get openShells(): number {
    return this.shells.openShells;
  }

  async listen(): Promise<void> {
    if (this.spec.refusesConnections) return;
    await new Promise<void>((ok, bad) => { this.server.once('error', bad).listen(this.wantedPort, this.address, ok); });
  }

  /** Resets every connection; shells and commands stay. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Ends every shell with its commands, as a restart of the service does. */
  forgetShells(): void {
    this.shells.closeAll('shell-deleted');
  }

  /** Ends the server and every command. */
  async stop(): Promise<void> {
    this.shells.closeAll('host-stopped');
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise<void>((ok) => { this.server.close(() => ok()); });
  }

  private get wantedPort(): number {
    return this.spec.port ?? (this.spec.tls ? 5986 : 5985);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (request.method !== 'POST' || !/^\/wsman(\?|$)/.test(request.url ?? '')) return send(response, 404);
    if (request.headers['wsmanidentify'] === 'unauthenticated') return this.answer(response, body.toString('utf8'), { user: '', session: undefined });
    const login = this.loginOf(request.socket);
    const who = login.see(request.headers.authorization);
    if (who.kind !== 'in') {
      this.counters.unauthorized++;
      const offers = who.kind === 'continue' ? [`Negotiate ${who.token.toString('base64')}`] : login.offers;
      return send(response, 401, { 'www-authenticate': offers, ...(who.kind === 'out' ? { connection: 'close' } : {}) });
    }
    if (who.token) response.setHeader('www-authenticate', `Negotiate ${who.token.toString('base64')}`);
    if (body.length === 0) return send(response, 200);
    const type = request.headers['content-type'] ?? '';
    if (isEncryptedType(type)) {
      if (!login.session) return send(response, 400);
      this.counters.sealed++;
      const text = login.session.unseal(decodeEncryptedBody(body, type).sealed).toString('utf8');
      return this.answer(response, text, { user: who.user, session: login.session });
    }
    this.counters.plain++;
    // Windows refuses what could be read on the wire.
    if (!this.spec.tls && !this.spec.allowUnencrypted) return send(response, 500);
    return this.answer(response, body.toString('utf8'), { user: who.user, session: undefined });
  }

  private loginOf(socket: Socket): ConnectionLogin {
    const known = this.logins.get(socket);
    if (known) return known;
    const login = new ConnectionLogin(socket, this.spec, this.faults);
    this.logins.set(socket, login);
    return login;
  }

  private async answer(response: ServerResponse, text: string, { user, session }: { readonly user: string; readonly session: NtlmSession | undefined }): Promise<void> {
    const socket = response.socket!;
    const gone = new AbortController();
    const leave = () => gone.abort();
    socket.once('close', leave);
    const answer = await this.handle(text, { user: user === '' ? undefined : user, socket, gone: gone.signal });
    socket.off('close', leave);
    if (answer === 'silence' || socket.destroyed) return;
    if (this.faults.delayMs !== undefined) await new Promise((ok) => { setTimeout(ok, this.faults.delayMs); });
    if (answer === 'reset') return void socket.resetAndDestroy();
    if (answer.status === 401) {
      this.counters.unauthorized++;
      this.loginOf(socket).logOut();
      return send(response, 401, { 'www-authenticate': this.loginOf(socket).offers, connection: 'close' });
    }
    const plain = Buffer.from(answer.text ?? '', 'utf8');
    if (!session || this.faults.plainAnswers) return send(response, answer.status, { 'content-type': SOAP_CONTENT_TYPE }, plain);
    const sealed = session.seal(plain);
    if (this.faults.tamper) sealed.ciphertext[sealed.ciphertext.length >> 1]! ^= 1;
    return send(response, answer.status, { 'content-type': ENCRYPTED_CONTENT_TYPE }, encodeEncryptedBody({ sealed, originalLength: plain.length, originalType: SOAP_CONTENT_TYPE }));
  }

  private async handle(text: string, caller: { readonly user: string | undefined; readonly socket: Socket; readonly gone: AbortSignal }): Promise<Answer | 'silence' | 'reset'> {
    let messageId: string | undefined;
    try {
      if (Buffer.byteLength(text) > this.maxEnvelopeSize) throw wsmanFaults.tooLarge();
      const envelope = readEnvelope(text);
      messageId = messageIdOf(envelope);
      const request = readRequest(envelope);
      const { action } = request;
      this.counters.actions[action] = (this.counters.actions[action] ?? 0) + 1;
      if (this.faults.silentOn?.includes(action)) return 'silence';
      if (this.faults.unauthorizedOn?.includes(action) || (caller.user === undefined && action !== 'identify')) return { status: 401, text: undefined };
      const reset = this.faults.resetOn?.includes(action) === true;
      if (reset && !this.faults.resetAfter) return 'reset';
      const user = `${domainOf(this.spec)}\\${caller.user ?? ''}`;
      const done = await perform(request, { user, clientIp: caller.socket.remoteAddress ?? '', gone: caller.gone }, this.surroundings(user));
      return reset ? 'reset' : { status: 200, text: done };
    } catch (error) {
      const fault = error instanceof WsmanFault ? error : wsmanFaults.internal(String(error));
      return { status: 500, text: faulted(messageId, fault.fault, this.spec.hostname) };
    }
  }

  private get maxEnvelopeSize(): number {
    return this.spec.maxEnvelopeSize ?? DEFAULT_ENVELOPE_BYTES;
  }

  private surroundings(user: string): OperationSurroundings {
    return {
      shells: this.shells, faults: this.faults, maxEnvelopeSize: this.maxEnvelopeSize, chunkBytes: this.spec.chunkBytes ?? DEFAULT_CHUNK_BYTES, url: this.url,
      state: this.state, user, ledger: this.ledger,
    };
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function send(response: ServerResponse, status: number, headers: Record<string, string | string[]> = {}, body: Buffer = Buffer.alloc(0)): void {
  response.writeHead(status, { ...headers, server: 'Microsoft-HTTPAPI/2.0 (simulated by opsmesh)', 'content-length': String(body.length) });
  response.end(body);
}
