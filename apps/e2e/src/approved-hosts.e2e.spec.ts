import { DEFAULT_APPROVAL_POLICY, type ItemView, type PlanApprovalView, type ProposedRunView, type RunView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import { Rig } from './rig.js';

/** What decides where a command goes, and as whom. */
interface Reached { readonly ip_address: string; readonly port: number; readonly host_key: string; readonly credential_id: string }

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
  await rig.request('PUT', '/approval-policy', { ...DEFAULT_APPROVAL_POLICY, applies: ['chat', 'api'] });
}, 120_000);
afterAll(() => rig.stop(), 60_000);

async function inventory<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(rig.mesh.urls['asset-service'] + path, { method, ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}) });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return await response.json() as T;
}
const reached = async (hostname: string): Promise<Reached> => {
  const { ip_address, port, host_key, credential_id } = await inventory<Reached>('GET', `/assets/${hostname}`);
  return { ip_address, port, host_key, credential_id };
};
const change = (hostname: string, values: Partial<Reached>): Promise<unknown> => inventory('PATCH', `/assets/${hostname}`, values);

/** A command that leaves its mark on each host: the first one alone, then the others. */
async function propose(hosts: readonly string[], mark: string, command = `ledger ${mark}`): Promise<{ id: string; approval: PlanApprovalView }> {
  const steps = [{ id: 'do', tool: 'run-command', forEach: '<<input.hosts>>', inputs: { target_host: '<<item>>', command }, map: { waves: [1, '100%'] } }];
  return (await rig.request<{ id: string; approval: PlanApprovalView }>('POST', '/runs', { plan: { name: mark, inputs: { hosts }, steps } })).body;
}

/** As many people as are wanted say yes. @returns whether the run has started */
async function approve({ runId, id, manifest_sha256, typed_text, minApprovals }: PlanApprovalView): Promise<boolean> {
  for (const actor_id of ['cat', 'dan', 'eve'].slice(0, minApprovals)) {
    const { status, body } = await rig.request('POST', `/runs/${runId}/approvals/${id}`, { decision: 'approve', manifest_sha256, actor_id, ...(typed_text === null ? {} : { typed_text }) });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }
  return (await rig.run(runId)).status === 'running';
}

/** An approved run that is paused while its first host is at work. */
async function pausedInFirstWave(hosts: readonly string[], mark: string): Promise<string> {
  const { id, approval } = await propose(hosts, mark, `sleep 6; ledger ${mark}`);
  await approve(approval);
  await waitFor(async () => (await rig.items(id, 'do'))[0]?.status === 'running', { timeoutMs: 30_000, what: 'the first host to be at work' });
  await rig.request('POST', `/runs/${id}/pause`);
  await waitFor(async () => (await rig.items(id, 'do'))[0]?.status === 'succeeded', { timeoutMs: 30_000, what: 'the first wave to end' });
  expect((await rig.items(id, 'do')).slice(1).map((i) => [i.status, i.attempt])).toEqual(hosts.slice(1).map(() => ['pending', 0]));
  return id;
}

async function resumed(id: string): Promise<{ run: RunView; items: ItemView[] }> {
  await rig.request('POST', `/runs/${id}/resume`);
  return { run: await rig.ended(id), items: await rig.items(id, 'do') };
}

const marked = async (mark: string): Promise<string[]> => (await rig.ledger()).filter((e) => e.argument === mark).map((e) => e.host).sort();

it('a host that becomes another machine before the start is asked about again; the command runs where people said yes to', async () => {
  const [home, other] = [await reached('web-03'), await reached('db-01')];
  const { id, approval } = await propose(['web-01', 'web-03'], 'before-start');
  await change('web-03', other);
  expect(await approve(approval)).toBe(false);
  const { drift, approvals } = (await rig.request<ProposedRunView>('GET', `/runs/${id}`)).body;
  expect(drift).toMatchObject({ added: [], vanished: [], changed: [{ target: 'web-03', changes: expect.arrayContaining([{ host: 'web-03', part: 'address', before: home.ip_address, after: other.ip_address }]) as unknown }] });
  expect(drift.changed[0]!.changes.map((c) => c.part).sort()).toEqual(['address', 'credential', 'hostKeys']);
  expect(await marked('before-start')).toEqual([]);
  expect(await approve(approvals[1]!)).toBe(true);
  expect(await rig.ended(id)).toMatchObject({ status: 'completed' });
  expect(await marked('before-start')).toEqual(['db-01', 'web-01']);
  await change('web-03', home);
}, 60_000);

it('a host that becomes another machine while its wave waits is refused; one that was changed and changed back, and one that was not, are not', async () => {
  const [web02, web03, other] = [await reached('web-02'), await reached('web-03'), await reached('db-01')];
  const id = await pausedInFirstWave(['web-01', 'web-02', 'web-03', 'bastion-01'], 'waiting');
  await change('web-02', other);
  await change('web-03', other);
  await change('web-03', web03);
  const { run, items } = await resumed(id);
  expect(run.status).toBe('partial');
  expect(items.map((i) => [i.target, i.status, i.attempt, i.failure?.code])).toEqual([
    ['web-01', 'succeeded', 1, undefined], ['web-02', 'failed', 1, 'target-changed'], ['web-03', 'succeeded', 1, undefined], ['bastion-01', 'succeeded', 1, undefined],
  ]);
  expect(items[1]!.failure!.message).toContain(`address of web-02 ${web02.ip_address} → ${other.ip_address}`);
  expect(await marked('waiting')).toEqual(['bastion-01', 'web-01', 'web-03']);
  await change('web-02', web02);
}, 90_000);

it('a host with another key, or a credential with another secret, while its wave waits is refused', async () => {
  const [web02, web03] = [await reached('web-02'), await reached('web-03')];
  const { password } = rig.mesh.fleet().find((h) => h.hostname === 'web-03')!;
  const id = await pausedInFirstWave(['web-01', 'web-02', 'web-03'], 'key-and-secret');
  await change('web-02', { host_key: web03.host_key });
  await inventory('PUT', `/credentials/${web03.credential_id}`, { username: 'ops', password });
  const { items } = await resumed(id);
  expect(items.map((i) => [i.target, i.status, i.attempt, i.failure?.code])).toEqual([['web-01', 'succeeded', 1, undefined], ['web-02', 'failed', 1, 'target-changed'], ['web-03', 'failed', 1, 'target-changed']]);
  expect(items[1]!.failure!.message).toContain('host keys of web-02');
  expect(items[2]!.failure!.message).toContain('version 2 of its credential');
  expect(await marked('key-and-secret')).toEqual(['web-01']);
  await change('web-02', web02);
}, 90_000);

it('the same again, asked for as a re-run, asks people first; then it runs', async () => {
  const home = await reached('web-02');
  const id = await pausedInFirstWave(['web-01', 'web-02'], 'again');
  await change('web-02', { host_key: (await reached('db-01')).host_key });
  await resumed(id);
  await change('web-02', { host_key: home.host_key, credential_id: home.credential_id });
  await inventory('PUT', `/credentials/${home.credential_id}`, { username: 'ops', password: rig.mesh.fleet().find((h) => h.hostname === 'web-02')!.password });
  const { body } = await rig.request<{ id: string; status?: string; approval: PlanApprovalView }>('POST', `/runs/${id}/rerun`, { items: ['failed'] });
  expect(body.status).toBe('awaiting-approval');
  expect(await approve(body.approval)).toBe(true);
  expect(await rig.ended(body.id)).toMatchObject({ status: 'completed' });
  expect(await marked('again')).toEqual(['web-01', 'web-02']);
}, 90_000);
