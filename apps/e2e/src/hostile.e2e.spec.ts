import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => { rig = await Rig.start(); }, 120_000);
afterAll(() => rig.stop(), 60_000);

const query = { id: 'assets', tool: 'asset-query', inputs: { filters: { tags: 'web' } } };
const start = (plan: unknown, headers?: Record<string, string>) => rig.problem('POST', '/runs', { plan }, headers);

describe('a plan that can not run is refused with code, place and advice', () => {
  const deep = (n: number): unknown => (n === 0 ? 1 : { a: deep(n - 1) });
  it.each<[string, unknown, string, string]>([
    ['an unknown tool', { steps: [{ id: 'a', tool: 'asset-qery', inputs: {} }] }, 'unknown-tool', '/steps/0/tool'],
    ['a cycle', { steps: [{ ...query, id: 'a', dependsOn: ['b'] }, { ...query, id: 'b', dependsOn: ['a'] }] }, 'cycle', '/steps'],
    ['a reference to nothing', { steps: [{ id: 'a', tool: 'ping', inputs: { target_host: '<<steps.nobody.output.ip>>' } }] }, 'unknown-step', '/steps/0/inputs/target_host'],
    ['a reference to a field that the tool does not give', { steps: [query, { id: 'b', tool: 'ping', inputs: { target_host: '<<steps.assets.output.no_such_field>>' } }] }, 'unknown-field', '/steps/1/inputs/target_host'],
    ['a prototype path', { steps: [query, { id: 'b', tool: 'ping', inputs: { target_host: '<<steps.assets.output.__proto__.x>>' } }] }, 'forbidden-path', '/steps/1/inputs/target_host'],
    ['a duplicate id', { steps: [query, query] }, 'duplicate-id', '/steps/1/id'],
    ['a missing argument', { steps: [{ id: 'a', tool: 'ping', inputs: {} }] }, 'missing-argument', '/steps/0/inputs'],
    ['too deep a plan', { steps: [{ id: 'a', tool: 'ping', inputs: { target_host: deep(40) } }] }, 'limit-exceeded', ''],
    ['too many steps', { steps: Array.from({ length: 501 }, (_, i) => ({ ...query, id: `s${i}` })) }, 'limit-exceeded', ''],
    ['a plan that is no object', 'steps', 'invalid-value', '/plan'],
  ])('%s', async (_what, plan, code, pointer) => {
    const { status, type, body } = await start(plan);
    expect({ status, type }).toEqual({ status: 422, type: expect.stringContaining('application/problem+json') as string });
    expect(body.errors?.map((e) => e.code)).toContain(code);
    expect(body.errors?.find((e) => e.code === code)?.pointer).toMatch(new RegExp(`^(/plan)?${pointer}`));
    expect(body.errors?.find((e) => e.code === code)?.message).toBeTruthy();
  });

  it('names the nearest tool', async () => {
    const { body } = await start({ steps: [{ id: 'a', tool: 'asset-qery', inputs: {} }] });
    expect(body.detail).toContain('asset-query');
  });
});

describe('a request that can not be read', () => {
  it.each<[string, string, string, string | undefined, Record<string, string>, number, string]>([
    ['malformed JSON', 'POST', '/runs', '{"plan": ', {}, 400, 'malformed-json'],
    ['a wrong content type', 'POST', '/runs', '<plan/>', { 'content-type': 'application/xml' }, 415, 'unsupported-media-type'],
    ['an unknown run', 'GET', '/runs/01234567-89ab-7def-8123-456789abcdef', undefined, {}, 404, 'run-not-found'],
    ['a run id that is none', 'GET', `/runs/${encodeURIComponent("' or 1=1 --")}`, undefined, {}, 404, 'run-not-found'],
    ['an unknown route', 'GET', '/nowhere', undefined, {}, 404, 'route-not-found'],
    ['a body over the limit', 'POST', '/runs', JSON.stringify({ plan: { steps: [{ id: 'a', tool: 'ping', inputs: { target_host: 'x'.repeat(3_000_000) } }] } }), {}, 413, 'body-too-large'],
    ['a string of 1 MB in a plan', 'POST', '/runs', JSON.stringify({ plan: { steps: [{ id: 'a', tool: 'ping', inputs: { target_host: 'x'.repeat(1_000_000) } }] } }), {}, 422, 'plan-invalid'],
    ['an unknown property', 'POST', '/runs', JSON.stringify({ plan: { steps: [query] }, sudo: true }), {}, 422, 'invalid-body'],
    ['another tenant', 'POST', '/runs', JSON.stringify({ plan: { steps: [query] }, tenant_id: 'acme' }), {}, 403, 'tenant-mismatch'],
    ['a bad cursor', 'GET', '/runs?cursor=zzz', undefined, {}, 422, 'bad-cursor'],
    ['a bad limit', 'GET', '/runs?limit=100000', undefined, {}, 422, 'invalid-query'],
    ['an internal route without a token', 'POST', '/internal/workers', '{}', {}, 401, 'unauthenticated'],
    ['a page of another site', 'POST', '/runs', JSON.stringify({ plan: { steps: [query] } }), { origin: 'http://evil.example' }, 403, 'cross-site-refused'],
  ])('%s is a problem document', async (_what, method, path, body, headers, status, code) => {
    const answer = await rig.problem(method, path, body, headers);
    expect(answer).toMatchObject({ status, body: { status, code, type: `urn:opsmesh:problem:${code}` } });
    expect(answer.type).toContain('application/problem+json');
  });
});

describe('at run time', () => {
  it('a missing value fails closed: nothing is sent, the reference is named', async () => {
    const id = await rig.startRun({ inputs: { hosts: [{ ip: '127.0.0.1' }, {}] }, steps: [{ id: 'p', tool: 'ping', forEach: '<<input.hosts>>', inputs: { target_host: '<<item.ip>>', count: 1 } }] });
    expect((await rig.ended(id)).status).toBe('partial');
    const items = await rig.items(id, 'p');
    expect(items.map((i) => i.status)).toEqual(['succeeded', 'failed']);
    expect(items[1]).toMatchObject({ attempt: 0, failure: { code: 'reference-missing', message: expect.stringContaining('item.ip') as string } });
  });

  it('a million items are refused, the process lives', async () => {
    const list = Array.from({ length: 250_000 }, () => 1);
    const { status, body } = await rig.problem('POST', '/runs', { plan: { inputs: { list: [] }, steps: [{ id: 'p', tool: 'ping', forEach: '<<input.list>>', inputs: { target_host: '127.0.0.1' } }] }, inputs: { list } });
    if (status === 202) {
      const run = await rig.ended((body as unknown as { id: string }).id);
      expect(run).toMatchObject({ status: 'failed', steps: [{ failure: { code: 'limit-exceeded' } }] });
    } else expect(status).toBe(422);
    const tooLarge = await rig.problem('POST', '/runs', { plan: { steps: [query] }, inputs: { list: Array.from({ length: 1_000_000 }, (_, i) => i) } });
    expect(tooLarge).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
    expect((await rig.request('GET', '/health/ready')).status).toBe(200);
  });

  it('a host name that is a command is text or refused, and leaves no canary', async () => {
    const canary = join(rig.folder, 'canary');
    const hostile = [`$(touch ${canary})`, `\`touch ${canary}\``, `; touch ${canary}`, `'; touch ${canary}; '`, `"\n touch ${canary} \n"`, `| touch ${canary}`];
    const up = rig.mesh.fleet()[0]!.ip;
    const id = await rig.startRun({
      inputs: { hostile },
      steps: [
        { id: 'ping', tool: 'ping', forEach: '<<input.hostile>>', inputs: { target_host: '<<item>>', count: 1 } },
        { id: 'ssh', tool: 'run-command', forEach: '<<input.hostile>>', inputs: { target_host: '<<item>>', command: 'hostname' } },
        { id: 'say', tool: 'run-command', forEach: '<<input.hostile>>', inputs: { target_host: up, command: 'printf %s <<item>>' } },
      ],
    });
    await rig.ended(id);
    expect((await rig.items(id, 'ping')).map((i) => i.status)).toEqual(hostile.map(() => 'failed'));
    expect((await rig.items(id, 'ssh')).map((i) => i.failure?.code)).toEqual(hostile.map(() => 'target-unknown'));
    expect((await rig.items(id, 'say')).map((i) => (i.output as { stdout: string }).stdout)).toEqual(hostile);
    expect(existsSync(canary)).toBe(false);
  });
});

it('credentials in a plan are dropped with a warning, and not stored', async () => {
  const plan = { steps: [{ id: 'd', tool: 'disk-usage', inputs: { target_host: rig.mesh.fleet()[0]!.ip, path: '/', username: 'root', password: 'in-plan-canary-5c1f' } }] };
  const { status, body } = await rig.request<{ id: string; warnings: { code: string; pointer: string }[] }>('POST', '/runs', { plan });
  expect(status).toBe(202);
  expect(body.warnings.filter((w) => w.code === 'credential-dropped').map((w) => w.pointer)).toEqual(['/steps/0/inputs/username', '/steps/0/inputs/password']);
  expect((await rig.ended(body.id)).status).toBe('completed');
  expect(JSON.stringify([await rig.run(body.id), await rig.items(body.id, 'd')])).not.toContain('in-plan-canary');
});

it('credentials in the inputs of a run are dropped too, however deep', async () => {
  const plan = { inputs: { hosts: [] }, steps: [{ id: 'd', tool: 'disk-usage', forEach: '<<input.hosts>>', inputs: { target_host: '<<item.ip>>', path: '/' } }] };
  const { body } = await rig.request<{ id: string; warnings: { code: string; pointer: string }[] }>('POST', '/runs', { plan, inputs: { hosts: [{ ip: rig.mesh.fleet()[0]!.ip, password: 'in-input-canary-77ab' }] } });
  expect(body.warnings).toMatchObject([{ code: 'credential-dropped', pointer: '/inputs/hosts/0/password' }]);
  expect((await rig.ended(body.id)).status).toBe('completed');
  expect(JSON.stringify([await rig.run(body.id), await rig.items(body.id, 'd')])).not.toContain('in-input-canary');
});
