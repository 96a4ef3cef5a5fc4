import type { Template } from '../template.js';
import { ASSETS, column, EACH_ASSET, needed, slot, targets } from './step-parts.js';

const automation = { version: 1, category: 'automation', phrases: [] } as const;
const inventory = { version: 1, category: 'asset-management', platform: null, phrases: [] } as const;
const service = needed('service', 'Which service?', ['nginx', 'sshd', 'postgresql']);
const SERVICE = { service: slot('service') } as const;
const on = (id: string, tool: string, inputs: Template['steps'][number], more: Template['steps'][number] = {}) => ({ id, tool, forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>', ...inputs }, ...more });
const outcome = (step: string, subject: string) => ({ kind: 'outcome', step, subject }) as const;
/** Stops after the first host that fails; the others are then left alone by what follows. */
const CAREFUL = { map: { concurrency: 5, failureThreshold: 0 } } as const;

/** What is left to do when a restart failed: the service is to run. */
const START_AGAIN = on('start-again', 'run-command', { command: 'systemctl start -- <<input.service>>' });

/** What changes hosts. */
const HOSTS: readonly Template[] = [
  {
    ...automation, id: 'restart-service-linux-rollback', title: 'Restart a service with check and rollback (Linux)', description: 'Status before, restart, status after; a failed restart is followed by starting the service again', action: 'restart-service', platform: 'linux',
    slots: { targets: targets(), service },
    steps: [ASSETS, on('before', 'service-status', SERVICE), on('restart', 'restart-service', SERVICE, { ...CAREFUL, dependsOn: ['before'], onFailure: { compensate: [START_AGAIN] } }), on('after', 'service-status', SERVICE, { dependsOn: ['restart'] })],
    answer: outcome('restart', 'restart'),
  },
  {
    ...automation, id: 'restart-service-linux', title: 'Restart a service with check (Linux)', description: 'Status before, restart, status after; only where the status could be read', action: 'restart-service', platform: 'linux',
    slots: { targets: targets(), service },
    steps: [ASSETS, on('before', 'service-status', SERVICE), on('restart', 'restart-service', SERVICE, { ...CAREFUL, dependsOn: ['before'] }), on('after', 'service-status', SERVICE, { dependsOn: ['restart'] })],
    answer: outcome('restart', 'restart'),
  },
  {
    ...automation, id: 'restart-service-windows', title: 'Restart a service with check (Windows)', description: 'Status before, restart, status after; only where the status could be read', action: 'restart-service', platform: 'windows',
    slots: { targets: targets(), service },
    steps: [ASSETS, on('before', 'Get-Service', { name: slot('service') }), on('restart', 'Restart-Service', { name: slot('service') }, { ...CAREFUL, dependsOn: ['before'] }), on('after', 'Get-Service', { name: slot('service') }, { dependsOn: ['restart'] })],
    answer: outcome('restart', 'restart'),
  },
  {
    ...automation, id: 'stop-process-windows', title: 'Stop a process (Windows)', description: 'Ends a process by its number', action: 'stop-process', platform: 'windows',
    slots: { targets: targets(), pid: needed('pid', 'Which process? Give its number.') },
    steps: [ASSETS, on('stop', 'Stop-Process', { id: slot('pid') }, CAREFUL)],
    answer: outcome('stop', 'stopping the process'),
  },
  {
    ...automation, id: 'stop-process-by-name-windows', title: 'Stop processes by name (Windows)', description: 'Ends the processes of a name', action: 'stop-process', platform: 'windows',
    slots: { targets: targets(), process: needed('process', 'Which process? Give its name.') },
    steps: [ASSETS, on('stop', 'Stop-Process', { name: slot('process') }, CAREFUL)],
    answer: outcome('stop', 'stopping the processes'),
  },
  {
    ...automation, id: 'run-command', title: 'Run a command (Linux)', description: 'Runs a command of the POSIX shell on each host, exactly as written', action: 'run-command', platform: 'linux',
    slots: { targets: targets(), command: needed('command', 'Which command? Put it in backticks, for example `uptime`.', ['uptime', 'df -P', 'systemctl --failed']) },
    steps: [ASSETS, on('command', 'run-command', { command: slot('command') })],
    answer: { kind: 'table', step: 'command', subject: 'command', columns: [column('exit code', 'exitCode'), column('output', 'stdout'), column('errors', 'stderr')] },
  },
  {
    ...automation, id: 'run-powershell', title: 'Run PowerShell (Windows)', description: 'Runs a PowerShell script on each host, exactly as written', action: 'run-command', platform: 'windows',
    slots: { targets: targets(), command: needed('command', 'Which command? Put it in backticks.', ['Get-Date']) },
    steps: [ASSETS, on('command', 'run-powershell', { script: slot('command') })],
    answer: { kind: 'table', step: 'command', subject: 'command', columns: [column('exit code', 'exitCode'), column('output', 'stdout'), column('errors', 'stderr')] },
  },
];

const change = (id: string, tool: string, inputs: Template['steps'][number]) => [ASSETS, { id, tool, forEach: EACH_ASSET, inputs: { asset: '<<item.hostname>>', ...inputs } }];

/** What changes the inventory. */
const INVENTORY: readonly Template[] = [
  { ...inventory, id: 'asset-tag', title: 'Tag assets', description: 'Adds a tag', action: 'asset-tag', slots: { targets: targets(), tag: needed('tag', 'Which tag?') }, steps: change('tag', 'asset-update', { changes: { add_tags: [slot('tag')] } }), answer: outcome('tag', 'tagging') },
  { ...inventory, id: 'asset-untag', title: 'Untag assets', description: 'Removes a tag', action: 'asset-untag', slots: { targets: targets(), tag: needed('tag', 'Which tag?') }, steps: change('untag', 'asset-update', { changes: { remove_tags: [slot('tag')] } }), answer: outcome('untag', 'removing the tag') },
  { ...inventory, id: 'asset-status', title: 'Set the status of assets', description: 'Sets active, maintenance, inactive or decommissioned', action: 'asset-status', slots: { targets: targets(), status: needed('status', 'Which status?', ['active', 'maintenance', 'inactive', 'decommissioned']) }, steps: change('status', 'asset-update', { changes: { status: slot('status') } }), answer: outcome('status', 'setting the status') },
  { ...inventory, id: 'asset-location', title: 'Set the location of assets', description: 'Sets where assets are', action: 'asset-location', slots: { targets: targets(), location: needed('location', 'Which location?') }, steps: change('location', 'asset-update', { changes: { location: slot('location') } }), answer: outcome('location', 'setting the location') },
  { ...inventory, id: 'asset-environment', title: 'Set the environment of assets', description: 'Sets production, staging or another environment', action: 'asset-environment', slots: { targets: targets(), environment: needed('environment', 'Which environment?', ['production', 'staging', 'development']) }, steps: change('environment', 'asset-update', { changes: { environment: slot('environment') } }), answer: outcome('environment', 'setting the environment') },
  { ...inventory, id: 'asset-delete', title: 'Delete assets', description: 'Takes assets out of the inventory, with the credentials that belong to them alone', action: 'asset-delete', slots: { targets: targets() }, steps: change('delete', 'asset-delete', {}), answer: outcome('delete', 'deleting') },
  {
    ...inventory, id: 'asset-create', title: 'Add an asset', description: 'Adds an asset to the inventory', action: 'asset-create',
    slots: { hostname: needed('hostname', 'Which host name?'), ip: { type: 'address', required: false }, tags: { type: 'tags', required: false }, environment: { type: 'environment', required: false }, location: { type: 'location', required: false }, os: { type: 'os', required: false } },
    steps: [{ id: 'create', tool: 'asset-create', inputs: { hostname: slot('hostname'), ip_address: slot('ip'), tags: slot('tags'), environment: slot('environment'), location: slot('location'), os: slot('os') } }],
    answer: outcome('create', 'adding the asset'),
  },
];

export const CHANGES: readonly Template[] = [...HOSTS, ...INVENTORY];
