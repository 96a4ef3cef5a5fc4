import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptId, MESSAGE_VERSION, type AttemptClaimDto, type Credential, type GrantClaims, type JobDto } from '@opsmesh/contracts';
import { answerBatch, createLogger, inputSha256, openKeys, ProblemError, type Keys } from '@opsmesh/platform';
import { CompactEncrypt, importJWK, type JWK } from 'jose';
import { uuidv7 } from 'uuidv7';

/** A request that reached the fake orchestrator or asset service; of a batch, one of its calls. */
export interface Seen {
  readonly route: string;
  readonly caller: string;
  readonly body: Buffer;
}

type Answer = (seen: Seen) => unknown;

/** Routes that take many calls at once. */
const BATCHED = new Set(['POST /internal/claims', 'POST /internal/leases']);

/** The orchestrator and the asset service as specs want them, over real HTTP with real tokens, grants and sealed leases. */
export class FakeMesh {
  readonly dir = mkdtempSync(join(tmpdir(), 'opsmesh-mesh-'));
  readonly keys: Keys = openKeys(this.dir);
  readonly seen: Seen[] = [];
  credential: Credential = { kind: 'ssh', username: 'root', password: 'hunter2-"canary"' };
  /** What is changed in the claims of grants. */
  forge: Partial<GrantClaims> = {};
  /** Answers of routes, `METHOD /path` with `:id` for what varies; a thrown ProblemError is answered as one. */
  readonly routes: Record<string, Answer> = {
    'POST /internal/workers': () => undefined,
    'POST /internal/workers/:id/heartbeat': () => ({ cancel: [], resend: [] }),
    'DELETE /internal/workers/:id': () => undefined,
    'POST /internal/claims': (seen) => this.claim(seen),
    'POST /internal/leases': (seen) => this.lease(seen),
    'PUT /internal/blobs': ({ body }) => ({ sha256: createHash('sha256').update(body).digest('hex'), bytes: body.length }),
  };
  /** The batches that came, and how many calls each had. */
  readonly batches: { readonly route: string; readonly calls: number }[] = [];
  private readonly waiting: (() => void)[] = [];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (d: Buffer) => chunks.push(d));
    request.on('end', () => { void this.answer(request.method!, request.url!, { token: request.headers.authorization!.slice(7), body: Buffer.concat(chunks) }).then(({ status, json }) => response.writeHead(status).end(json)); });
  });
  private attempts = new Map<string, JobDto>();

  async start(): Promise<void> {
    await new Promise<void>((ok) => this.server.listen(0, '127.0.0.1', ok));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((ok) => this.server.close(ok));
    rmSync(this.dir, { recursive: true });
  }

  /** A job of a fresh run. */
  job(tool: string, more: Partial<JobDto> = {}): JobDto {
    const runId = uuidv7();
    const position = { runId, stepId: 'step', item: 0, attempt: 1 };
    const job: JobDto = { v: MESSAGE_VERSION, attemptId: attemptId(position), ...position, tenantId: 'default', actorId: 'ann', tool, toolVersion: '1.0.0', input: {}, timeoutMs: 10_000, claim: false, ...more };
    this.attempts.set(job.attemptId, job);
    return job;
  }

  bodies(route: string): unknown[] {
    return this.seen.filter((s) => s.route === route).map((s) => (s.body.length === 0 ? undefined : JSON.parse(s.body.toString()) as unknown));
  }

  /** Resolves when the condition holds, looked at after each request. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((ok) => this.waiting.push(ok));
  }

  private async answer(method: string, url: string, { token, body }: { token: string; body: Buffer }): Promise<{ status: number; json: string }> {
    const route = `${method} ${url.replace(/workers\/[^/]+/, 'workers/:id')}`;
    const audience = route.endsWith('/leases') ? 'asset-service' : 'orchestrator';
    try {
      const { service: caller } = await this.keys.verifyServiceToken(token, audience);
      const answer = this.routes[route];
      if (!answer) throw new ProblemError(404, 'route-not-found', route);
      const one = (call: Buffer): Promise<unknown> => {
        const seen = { route, caller, body: call };
        this.seen.push(seen);
        return Promise.resolve().then(() => answer(seen));
      };
      if (!BATCHED.has(route)) return { status: 200, json: JSON.stringify(await one(body)) ?? '' };
      const { batch } = JSON.parse(body.toString()) as { batch: object[] };
      this.batches.push({ route, calls: batch.length });
      return { status: 200, json: JSON.stringify(await answerBatch(batch.map((call) => one(Buffer.from(JSON.stringify(call)))), createLogger('mesh', { level: 'silent' }))) };
    } catch (e) {
      const problem = e instanceof ProblemError ? e : new ProblemError(500, 'internal-error', String(e));
      return { status: problem.status, json: JSON.stringify(problem.toDocument()) };
    } finally {
      for (const look of this.waiting.splice(0)) look();
    }
  }

  private async claim(seen: Seen): Promise<unknown> {
    const request = JSON.parse(seen.body.toString()) as AttemptClaimDto;
    const id = request.attemptId;
    const job = this.attempts.get(id);
    if (!job || request.inputSha256 !== inputSha256(job.input)) throw new ProblemError(409, 'claim-refused', 'differs');
    const iat = Math.floor(Date.now() / 1000);
    const claims: GrantClaims = {
      jti: `${id}#${request.keyThumbprint}`, attempt: id, iat, exp: iat + 60, tenant: job.tenantId, worker: request.workerId, tool: job.tool, targets: ['a1'], via: [], credentialIds: ['c1'],
      inputSha256: request.inputSha256, keyThumbprint: request.keyThumbprint, manifestSha256: null, endpointsSha256: null, ...this.forge,
    };
    return { grant: await this.keys.grantSigner().sign(claims), expiresAt: new Date(claims.exp * 1000).toISOString(), connection: { assetId: 'a1', hostname: 'web1', address: '10.0.0.1', protocol: 'ssh', port: 22, credentialId: 'c1' } };
  }

  private async lease({ body }: Seen): Promise<unknown> {
    const { grant, publicKey } = JSON.parse(body.toString()) as { grant: string; publicKey: string };
    await this.keys.verifyGrant(grant);
    const sealed = await new CompactEncrypt(Buffer.from(JSON.stringify(this.credential))).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' }).encrypt(await importJWK(JSON.parse(publicKey) as JWK, 'ECDH-ES'));
    return { sealed };
  }
}
