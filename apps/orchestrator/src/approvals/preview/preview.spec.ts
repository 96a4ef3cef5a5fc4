import { DEFAULT_APPROVAL_POLICY, type ApprovalPolicyDto, type PreviewView } from '@opsmesh/contracts';
import { compileDocument, type CatalogueTool } from '@opsmesh/plan-model';
import { inputSha256 } from '@opsmesh/platform';
import { asset, HOST_TOOLS, INVENTORY_TOOLS, SpecInventory } from '../testing/inventory.js';
import { PlanPreviews } from './plan-previews.js';

const tools = new Map<string, CatalogueTool>([...INVENTORY_TOOLS.map((t) => [t.name, { ...t, service: 'asset-service', queue: 'asset-service' }] as const), ...HOST_TOOLS.map((t) => [t.name, { ...t, service: 'spec', queue: 'spec' }] as const)]);
const catalogue = { get: (name: string) => tools.get(name), names: () => [...tools.keys()] };
const FLEET = [asset('web1'), asset('web2'), asset('web3', { environment: 'Production' }), asset('db1', { tags: ['db'] }), asset('vault', { tags: ['Protected', 'safe'] })];

async function preview(document: object | object[], { inventory = new SpecInventory(...FLEET), policy = {}, inputs = {} }: { inventory?: SpecInventory; policy?: Partial<ApprovalPolicyDto>; inputs?: object } = {}): Promise<PreviewView> {
  const { plan, diagnostics } = compileDocument(document, catalogue);
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  const made = await new PlanPreviews(inventory, { current: () => Promise.resolve(catalogue) }).preview({ tenantId: 't', plan, inputs: { ...plan.inputs, ...inputs }, warnings: [], policy: { ...DEFAULT_APPROVAL_POLICY, ...policy } });
  return made.view;
}

const QUERY = { id: 'q', tool: 'asset-query', inputs: { tag: 'web' } };
const each = (tool: string, more: object = {}) => ({ id: 'do', tool, forEach: '<<q.assets>>', inputs: { host: '<<item.hostname>>' }, ...more });
const on = (tool: string, host: string, more: object = {}) => [{ id: 'do', tool, inputs: { host, ...more } }];

describe('the care that a run needs', () => {
  it.each<[string, object[], string, string]>([
    ['reading', [QUERY, each('ask')], 'read', 'none'],
    ['a command that reads', on('sh', 'web3', { command: 'df -P /' }), 'read', 'none'],
    ['one reversible change', on('fix', 'web1'), 'write', 'one-click'],
    ['a command that changes something', on('sh', 'web1', { command: 'touch /etc/flag' }), 'write', 'one-click'],
    ['a change in production', on('fix', 'web3'), 'write', 'typed'],
    ['a change of many', [QUERY, each('fix')], 'write', 'typed'],
    ['what can\'t be undone', on('wipe', 'web1'), 'destructive', 'two-people'],
    ['a command that can\'t be undone', on('sh', 'web1', { command: 'rm -rf /srv' }), 'destructive', 'two-people'],
    ['a command that can\'t be read', on('sh', 'web1', { command: 'cat <<X' }), 'uninspectable', 'two-people'],
    ['an environment for a command', on('sh', 'web1', { command: 'df', env: { PATH: '/tmp' } }), 'uninspectable', 'two-people'],
    ['PowerShell, whatever its verb', on('posh', 'web1', { script: 'Get-Volume' }), 'write', 'one-click'],
    ['PowerShell with a verb that destroys', on('posh', 'web1', { script: 'Remove-Item x' }), 'destructive', 'two-people'],
    ['a protected asset', on('fix', 'vault'), 'write', 'two-people'],
    ['targets that are not known before', [{ id: 'l', tool: 'look', inputs: { host: 'h' } }, { id: 'do', tool: 'fix', forEach: '<<l.hosts>>', inputs: { host: '<<item>>' } }], 'write', 'two-people'],
    ['a command with a value of a result', [{ id: 'l', tool: 'look', inputs: { host: 'h' } }, { id: 'do', tool: 'sh', inputs: { host: 'web1', command: 'cat -- <<l.text>>' } }], 'read', 'none'],
    ['a value of a result that could be an option', [{ id: 'l', tool: 'look', inputs: { host: 'h' } }, { id: 'do', tool: 'sh', inputs: { host: 'web1', command: 'find <<l.text>>' } }], 'write', 'one-click'],
    ['a value of the inventory that could be an option by then', [QUERY, each('sh', { inputs: { host: '<<item.hostname>>', command: 'find <<item.hostname>> -name x' } })], 'write', 'typed'],
    ['a value of the inventory that never is more than data', [QUERY, each('sh', { inputs: { host: '<<item.hostname>>', command: 'df -P <<item.hostname>>' } })], 'read', 'none'],
    ['a change that only runs when something fails', [{ id: 'a', tool: 'look', inputs: { host: 'h' }, onFailure: { alternative: { id: 'b', tool: 'wipe', inputs: { host: 'web1' } } } }], 'destructive', 'two-people'],
    ['a change in a sub-plan', [{ id: 's', orchestration: { steps: on('wipe', 'web1') } }], 'destructive', 'two-people'],
  ])('%s', async (_name, steps, worst, tier) => {
    expect((await preview({ steps })).risk).toMatchObject({ class: worst, tier });
  });

  it('more hosts than the policy calls large need two people', async () => {
    expect((await preview({ steps: [QUERY, each('fix')] }, { policy: { largeFrom: 2 } })).risk).toMatchObject({ tier: 'two-people', changedHosts: 3, reasons: expect.arrayContaining(['it changes 3 targets, more than 2']) as unknown });
    expect((await preview({ steps: [QUERY, each('fix')] }, { policy: { largeFrom: 3 } })).risk.tier).toBe('typed');
  });

  it('protected are tags, names and environments, in any case', async () => {
    const empty = { tags: [], hostnames: [], environments: [] };
    for (const protects of [{ ...empty, hostnames: ['WEB1'] }, { ...empty, hostnames: ['we*'] }, { ...empty, environments: ['Staging'] }, { ...empty, tags: ['WEB'] }]) expect((await preview({ steps: on('fix', 'web1') }, { policy: { protected: protects } })).risk.tier).toBe('two-people');
    expect((await preview({ steps: on('fix', 'vault') }, { policy: { protected: empty } })).risk.tier).toBe('one-click');
  });

  it('an input of the run is what it is', async () => {
    const plan = { inputs: { at: '/srv' }, steps: on('sh', 'web1', { command: 'find <<input.at>> -name x' }) };
    expect((await preview(plan)).risk.tier).toBe('none');
    expect((await preview(plan, { inputs: { at: '-delete' } })).risk.tier).toBe('two-people');
  });

  it('is not read from the plan', async () => {
    const one = await preview({ name: 'harmless, approved, read-only', steps: on('wipe', 'web1').map((s) => ({ ...s, name: 'risk: none', description: 'effect: read' })) });
    expect(one.risk.tier).toBe('two-people');
  });
});

describe('a manifest', () => {
  it('holds the exact inputs, the asset and the credential of every target', async () => {
    const { manifest } = await preview({ steps: [QUERY, each('sh', { inputs: { host: '<<item.hostname>>', command: 'logger -- "<<item.hostname>>"' } })] });
    const items = manifest.steps.find((s) => s.step === 'do')!.items;
    expect(items.map((i) => [i.target, i.assetId, i.endpoints.map((e) => e.credentialId)])).toEqual([['web1', 'id-web1', ['cred-web1']], ['web2', 'id-web2', ['cred-web2']], ['web3', 'id-web3', ['cred-web3']]]);
    expect(items[0]).toMatchObject({ inputs: { host: 'web1', command: `logger -- ""'web1'""` }, inputsSha256: inputSha256({ host: 'web1', command: `logger -- ""'web1'""` }) });
  });

  it('has the same hash whatever order the inventory answers in, and another one for another host, tenant or plan', async () => {
    const hash = async (...hosts: string[]) => (await preview({ steps: [QUERY, each('fix')] }, { inventory: new SpecInventory(...hosts.map((h) => asset(h))) })).manifest_sha256;
    expect(await hash('web1', 'web2')).toBe(await hash('web2', 'web1'));
    expect(await hash('web1', 'web2')).not.toBe(await hash('web1', 'web3'));
    expect((await preview({ steps: on('fix', 'web1') })).manifest_sha256).not.toBe((await preview({ steps: on('fix', 'web1', { text: 'x' }) })).manifest_sha256);
  });

  it('shows hidden characters, and hashes what is really there', async () => {
    const command = 'echo \u202Emoor\u202C\u200B\u{E0041}\u0007';
    const { manifest } = await preview({ inputs: { command: 'true' }, steps: on('sh', 'web1', { command: '<<input.command>>' }) }, { inputs: { command } });
    const [step] = manifest.steps;
    expect(step!.items[0]!.inputs!['command']).toBe('echo ⟨U+202E⟩moor⟨U+202C⟩⟨U+200B⟩⟨U+E0041⟩⟨U+0007⟩');
    expect(step!.commands[0]!.text).not.toMatch(/[\u202A-\u202E\u200B]/);
    expect(step!.items[0]!.inputsSha256).toBe(inputSha256({ host: 'web1', command }));
    expect(JSON.stringify(manifest)).not.toMatch(/[\u202A-\u202E\u200B-\u200F]/);
  });

  it('of a step whose inputs depend on results has its targets, of one whose targets do has its template', async () => {
    const { manifest, warnings } = await preview({ steps: [QUERY, { id: 'l', tool: 'look', inputs: { host: 'h' } }, each('sh', { inputs: { host: '<<item.hostname>>', command: 'echo <<l.text>>' } }), { id: 'any', tool: 'fix', inputs: { host: '<<l.text>>' } }] });
    expect(manifest.steps.find((s) => s.step === 'do')).toMatchObject({ known: 'targets', because: 'it depends on the result of "l"', items: [{ assetId: 'id-web1', inputs: null, inputsSha256: null }, { assetId: 'id-web2' }, { assetId: 'id-web3' }] });
    expect(manifest.steps.find((s) => s.step === 'any')).toMatchObject({ known: 'nothing', items: [], template: { host: '<<steps.l.output.text>>' } });
    expect(warnings).toEqual([]);
  });

  it('follows the arm that is taken when that is known, and has all arms when it is not', async () => {
    const branch = (field: string) => ({ steps: [QUERY, { id: 'l', tool: 'look', inputs: { host: 'h' } }, { id: 'b', branch: [{ when: { field, operator: '>', value: 2 }, steps: on('fix', 'web1') }], else: [{ id: 'other', tool: 'wipe', inputs: { host: 'web2' } }] }] });
    const known = await preview(branch('q.asset_count'));
    expect(known.steps.map((s) => s.id)).toEqual(['q', 'l', 'do']);
    const open = await preview(branch('l.hosts.length'));
    expect(open.manifest.steps.filter((s) => s.conditional).map((s) => s.step)).toEqual(['do', 'other']);
    const skipped = await preview({ steps: [QUERY, { ...on('wipe', 'web1')[0], when: { field: 'q.asset_count', operator: '>', value: 100 } }] });
    expect(skipped.steps.map((s) => s.id)).toEqual(['q']);
  });

  it('unrolls loops and sub-plans over what is known', async () => {
    const loop = await preview({ steps: [QUERY, { id: 'each', loop: { forEach: '<<q.assets>>', steps: on('fix', '<<item.hostname>>') } }] });
    expect(loop.manifest.steps.find((s) => s.step === 'do')!.items.map((i) => i.assetId)).toEqual(['id-web1', 'id-web2', 'id-web3']);
    const sub = await preview({ steps: [QUERY, { id: 'sub', forEach: '<<q.assets>>', inputs: { host: '<<item.hostname>>' }, orchestration: { inputs: { host: 'none' }, steps: on('fix', '<<input.host>>') } }] });
    expect(sub.manifest.steps.find((s) => s.step === 'sub/do')!.items.map((i) => i.assetId)).toEqual(['id-web1', 'id-web2', 'id-web3']);
    const until = await preview({ steps: [{ id: 'l', loop: { until: { field: 'do.text', operator: '==', value: 'x' }, maxIterations: 7, steps: on('fix', 'web1') } }] });
    expect(until).toMatchObject({ bounds: { commands: 7, hosts: 1 }, manifest: { steps: [{ items: [{ assetId: 'id-web1' }] }] } });
  });

  it('says which targets would be refused, and fails when the inventory is away', async () => {
    expect((await preview({ steps: on('fix', 'nobody') })).warnings).toMatchObject([{ code: 'preview-note', message: '"do" will be refused on 1 of 1 targets: no asset nobody' }]);
    const inventory = new SpecInventory(...FLEET);
    inventory.away = true;
    await expect(preview({ steps: on('fix', 'web1') }, { inventory })).rejects.toMatchObject({ status: 503 });
  });
});

describe('bounds', () => {
  it('are the most hosts, commands and minutes along the longest way', async () => {
    const { bounds } = await preview({ steps: [QUERY, each('fix', { map: { concurrency: 2 }, timeoutMs: 60_000, retry: { maxAttempts: 3, backoff: { initialMs: 30_000, factor: 1, maxMs: 30_000, jitter: true } } }), { id: 'beside', tool: 'look', inputs: { host: 'h' }, timeoutMs: 1000 }] });
    // The query 1 s, then two rounds of three attempts of a minute and two pauses of half a minute.
    expect(bounds).toEqual({ hosts: 4, commands: 1 + 9 + 1, minutes: Math.round((1 / 60 + 8) * 100) / 100, expectedMinutes: null, tokens: 0 });
  });

  it('have tokens for decisions and none where a list is not known', async () => {
    expect((await preview({ steps: [{ id: 'd', decide: { question: 'go on?', choices: ['a', 'b'], default: 'a' } }, { tool: 'look', dependsOn: ['d'], inputs: { host: 'h' } }] })).bounds.tokens).toBeGreaterThan(100);
    expect((await preview({ steps: [{ id: 'l', tool: 'look', inputs: { host: 'h' } }, { tool: 'look', forEach: '<<l.hosts>>', inputs: { host: '<<item>>' } }] })).bounds).toMatchObject({ hosts: null, commands: null, minutes: null });
  });

  it('never exceed the time that the plan has', async () => {
    expect((await preview({ timeoutMs: 30_000, steps: [{ id: 'w', wait: { ms: 3_600_000 } }] })).bounds.minutes).toBe(0.5);
  });
});
