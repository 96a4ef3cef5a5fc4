import type { SlotSpec, SlotType } from '../template.js';

/** The query that resolves the assets meant; every host-bound template begins with it. */
export const ASSETS = { id: 'assets', tool: 'asset-query', inputs: { filters: { $filters: true }, fields: ['hostname', 'ip_address'], limit: 10_000 } } as const;
export const EACH_ASSET = '<<steps.assets.output.assets>>';

export const targets = (ask = 'Which hosts do you mean? A host name, an address, a tag or an environment will do.'): SlotSpec => ({ type: 'assets', required: true, ask });
export const needed = (type: SlotType, ask: string, options: readonly string[] = []): SlotSpec => ({ type, required: true, ask, options });
export const optional = (type: SlotType): SlotSpec => ({ type, required: false });
export const slot = (name: string) => ({ $slot: name });
export const column = (title: string, path: string, unit?: 'bytes' | 'percent' | 'milliseconds' | 'seconds' | 'time') => ({ title, path, ...(unit === undefined ? {} : { unit }) });
