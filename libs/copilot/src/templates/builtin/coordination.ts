import type { Template } from '../template.js';
import { ASSETS, column, EACH_ASSET, optional, slot, targets } from './step-parts.js';

const base = { version: 1, category: 'coordination', phrases: [] } as const;
const PING = { id: 'ping', tool: 'ping', forEach: EACH_ASSET, inputs: { target_host: '<<item.ip_address>>', host_name: '<<item.hostname>>' }, onFailure: 'continue', critical: false } as const;

/** Several services at once. */
export const COORDINATION: readonly Template[] = [
  {
    ...base, id: 'health-check-linux', title: 'Health check (Linux)', description: 'Ping, system information and disk space of each host, at the same time', action: 'health-check', platform: 'linux',
    slots: { targets: targets(), path: optional('path') },
    steps: [ASSETS, PING, { id: 'info', tool: 'system-info', forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>' }, onFailure: 'continue' }, { id: 'disk', tool: 'disk-usage', forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>', path: slot('path') }, onFailure: 'continue' }],
    answer: { kind: 'table', step: 'disk', subject: 'health', columns: [column('size', 'sizeBytes', 'bytes'), column('use', 'usedPercent', 'percent')] },
  },
  {
    ...base, id: 'health-check-windows', title: 'Health check (Windows)', description: 'Ping, system information and volumes of each host, at the same time', action: 'health-check', platform: 'windows',
    slots: { targets: targets(), drive: optional('drive') },
    steps: [ASSETS, PING, { id: 'info', tool: 'Get-ComputerInfo', forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>' }, onFailure: 'continue' }, { id: 'volumes', tool: 'Get-Volume', forEach: EACH_ASSET, inputs: { target_host: '<<item.hostname>>', drive_letter: slot('drive') }, onFailure: 'continue' }],
    answer: { kind: 'table', step: 'volumes', subject: 'health', rows: 'volumes', columns: [column('drive', 'drive_letter'), column('size', 'size_bytes', 'bytes'), column('free', 'free_bytes', 'bytes')] },
  },
];
