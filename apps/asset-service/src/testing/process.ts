import { Module } from '@nestjs/common';
import type { BatchAnswersDto } from '@opsmesh/contracts';
import { createHttpApp, TOKEN_VERIFIER, type Keys, type Principal, type TokenVerifier } from '@opsmesh/platform';
import { AssetServiceModule } from '../asset-service.module.js';
import { assetServiceConfig, BODY_LIMITS } from '../config.js';
import { testStore, type TestStore } from './database.js';

/** API tokens of the specs: `<tenant>:<scope>,<scope>`. */
const verifier: TokenVerifier = {
  verify: (token) => {
    const [, tenantId, scopes] = /^([^:]+):(.+)$/.exec(token) ?? [];
    return Promise.resolve<Principal | null>(tenantId && scopes ? { tenantId, actorId: 'ann', scopes: scopes.split(',') } : null);
  },
};

@Module({})
class Tokens {}

export interface Answer {
  readonly status: number;
  // The body is whatever was answered; specs say what they expect of it.
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** The service over real HTTP and a real database, with auth on. */
export interface TestService {
  readonly store: TestStore;
  /** Calls as a tenant with all scopes, or with the token given. */
  call(method: string, path: string, options?: { tenant?: string; token?: string; body?: unknown }): Promise<Answer>;
  /** Calls `/internal/*` as the orchestrator. */
  internal(path: string, body: unknown, keys?: Keys): Promise<Answer>;
  /** Makes calls of a batched `/internal/*` route; the answer to each as it would be alone. */
  batch(path: string, calls: readonly unknown[]): Promise<Answer[]>;
  get<T>(token: abstract new (...args: never[]) => T): T;
  close(): Promise<void>;
}

export async function testService(): Promise<TestService> {
  const store = await testStore();
  const config = assetServiceConfig({ DATABASE_URL: store.url, OPSMESH_DATA: store.dataDir, OPSMESH_AUTH: 'on', PORT: '0' });
  const module = { module: Tokens, imports: [AssetServiceModule.over(store)], providers: [{ provide: TOKEN_VERIFIER, useValue: verifier }] };
  const http = await createHttpApp(module, { config, keys: store.keys, log: store.log, tokens: 'own', body: BODY_LIMITS });
  const url = `http://127.0.0.1:${await http.listen()}`;
  const send = async (method: string, path: string, { token, body }: { token: string; body: unknown }): Promise<Answer> => {
    const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, text, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
  };
  const internal = async (path: string, body: unknown, keys = store.keys): Promise<Answer> => send('POST', `/internal${path}`, { token: await keys.serviceToken('orchestrator', 'asset-service'), body });
  return {
    store, internal,
    call: (method, path, { tenant = 'default', token = `${tenant}:*`, body } = {}) => send(method, path, { token, body }),
    batch: async (path, calls) => {
      const { status, body, text } = await internal(path, { batch: calls });
      if (status !== 200) return calls.map(() => ({ status, body, text }));
      return (body as unknown as BatchAnswersDto<Answer['body']>).answers.map((a) => {
        const [answered, document] = 'ok' in a ? [200, a.ok] as const : [a.problem.status, a.problem as unknown as Answer['body']] as const;
        return { status: answered, body: document, text: JSON.stringify(document) };
      });
    },
    get: (token) => http.app.get(token as never, { strict: false }),
    close: async () => {
      await http.close();
      await store.drop();
    },
  };
}
