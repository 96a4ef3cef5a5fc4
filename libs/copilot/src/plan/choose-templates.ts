import type { DiagnosticDto } from '@opsmesh/contracts';
import type { Catalogue } from '../catalogue/catalogue.js';
import { OS_FAMILIES, platformOf } from '../facts/os-family.js';
import type { FactSheet } from '../facts/facts.js';
import type { ActionIntent } from '../intent/intent.js';
import { isNamed, isSelective, narrows, type Selection } from '../slots/selection.js';
import { BUILTIN_TEMPLATES } from '../templates/builtin/index.js';
import { instantiate, missingTool, toolsOf, type Filling, type Instance } from '../templates/instantiate.js';
import { templateOfTool } from '../templates/tool-template.js';
import type { SlotSpec, SlotValue, Template } from '../templates/template.js';
import type { Json, PlanDocument } from './plan-document.js';

/** Checks a plan as `POST /plans/compile` does. Pure; the host of this library gives it. */
export type Compile = (plan: PlanDocument) => readonly DiagnosticDto[];

/** One template that was looked at and why it was not taken. */
export interface Rejected {
  readonly template: string;
  readonly version: number;
  readonly reason: string;
}

export interface Chosen {
  readonly template: Template;
  readonly instance: Extract<Instance, { ok: true }>;
}

export type Choice =
  | { readonly kind: 'plan'; readonly chosen: readonly Chosen[]; readonly rejected: readonly Rejected[]; readonly notes: readonly string[] }
  | { readonly kind: 'missing'; readonly slot: string; readonly spec: SlotSpec; readonly template: Template; readonly rejected: readonly Rejected[] }
  | { readonly kind: 'none'; readonly rejected: readonly Rejected[] };

export interface Choosing {
  readonly intent: ActionIntent;
  readonly facts: FactSheet;
  readonly catalogue: Catalogue;
  readonly templates: readonly Template[];
  readonly compile: Compile | undefined;
}

type Platform = 'linux' | 'windows';
const PROTOCOLS = { linux: 'ssh', windows: 'winrm' } as const;

/** Takes the templates of an action that fit what was said: one for each platform that may be meant. */
export function chooseTemplates({ intent, facts, catalogue, templates, compile }: Choosing): Choice {
  const rejected: Rejected[] = [];
  const reject = (template: Template, reason: string): false => {
    rejected.push({ template: template.id, version: template.version, reason });
    return false;
  };
  const tool = intent.action.startsWith('tool:') ? catalogue.tools.get(intent.action.slice(5)) : undefined;
  const candidates = tool ? [templateOfTool(tool)] : templates.filter((t) => t.action === intent.action);
  const values = withoutForeign(intent.values, candidates);
  const meant = platformsOf(intent.selection, facts);
  const platforms = dialectOf(intent, meant);
  const direct = isDirect(intent.selection, values);
  const fitting = candidates.filter((t) => {
    const missing = missingTool(t, catalogue);
    if (missing !== undefined) return reject(t, `the tool ${missing} is not registered`);
    const changing = intent.changes || BUILTIN_TEMPLATES.includes(t) ? undefined : toolsOf(t.steps as Json).find((name) => catalogue.tools.get(name)?.effect !== 'read');
    if (changing !== undefined) return reject(t, `no change was asked for, and ${changing} is one`);
    if (t.platform !== null && platforms.size > 0 && !platforms.has(t.platform)) return reject(t, `it is for ${t.platform}, and ${meant.size === 1 ? `the hosts are ${[...meant][0]}` : 'the command is of another shell'}`);
    const ignored = Object.keys(values).find((name) => !(name in t.slots) && name !== 'endpoints' && !soft(candidates, name));
    if (ignored !== undefined) return reject(t, `it has no place for the ${ignored} that was asked for`);
    const points = Object.values(t.slots).some((s) => s.type === 'endpoints');
    if (points !== direct && candidates.some((c) => Object.values(c.slots).some((s) => s.type === 'endpoints') !== points)) return reject(t, direct ? 'addresses were given' : 'hosts of the inventory were asked for');
    return true;
  });
  const chosen: Chosen[] = [];
  const done = new Set<Platform | null>();
  // Both kinds of host may be among the assets: each is reached by its own protocol.
  const split = new Set(fitting.map((t) => t.platform)).size > 1 || (meant.size !== 1 && new Set(candidates.map((t) => t.platform)).size > 1);
  for (const template of fitting) {
    if (done.has(template.platform)) {
      reject(template, 'another template of the action fits as well and comes first');
      continue;
    }
    const missing = missingSlot(template, intent.selection, values);
    if (missing) {
      if (chosen.length > 0) {
        reject(template, `no ${missing[0]} was given`);
        continue;
      }
      return { kind: 'missing', slot: missing[0], spec: missing[1], template, rejected };
    }
    const filling: Filling = { values, selection: intent.selection, facts, catalogue, ...(split && template.platform !== null ? { protocol: PROTOCOLS[template.platform] } : {}) };
    const instance = instantiate(template, filling);
    const problem = instance.ok ? compile?.(instance.plan).find((d) => d.severity === 'error') : undefined;
    if (!instance.ok) reject(template, instance.reason);
    else if (problem) reject(template, `it does not compile: ${problem.code} at ${problem.pointer || '/'}`);
    else {
      chosen.push({ template, instance });
      done.add(template.platform);
    }
  }
  if (chosen.length === 0) return { kind: 'none', rejected };
  const without = split && meant.size !== 1 ? (['linux', 'windows'] as const).filter((p) => !done.has(p) && !done.has(null)) : [];
  return { kind: 'plan', chosen, rejected, notes: without.map((p) => `${p === 'linux' ? 'Linux' : 'Windows'} hosts are left out: ${rejected.find((r) => candidates.find((c) => c.id === r.template)?.platform === p)?.reason ?? 'nothing does this on them'}.`) };
}

/** A value that no template of the action knows by itself is left out; it was read for another. */
function withoutForeign(values: Readonly<Record<string, SlotValue>>, candidates: readonly Template[]): Record<string, SlotValue> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => candidates.some((t) => name in t.slots)));
}

/** What only shapes the answer may be left out where a tool has no place for it. */
function soft(candidates: readonly Template[], name: string): boolean {
  return candidates.some((t) => ['limit', 'order', 'levels'].includes(t.slots[name]?.type ?? ''));
}

/** Whether addresses or names are meant that need not be assets. */
function isDirect(s: Selection, values: Readonly<Record<string, SlotValue>>): boolean {
  return Array.isArray(values['endpoints']) && s.hosts.length === 0 && [s.tags, s.environments, s.statuses, s.locations].every((l) => l.length === 0) && s.os === null && !s.all;
}

function missingSlot(template: Template, selection: Selection, values: Readonly<Record<string, SlotValue>>): [string, SlotSpec] | undefined {
  return Object.entries(template.slots).find(([name, spec]) => spec.required && (spec.type === 'assets' ? !isSelective(selection) : values[name] === undefined));
}

/** A command is written for one shell: hosts of the other kind are left out. */
function dialectOf({ action, values }: ActionIntent, meant: Set<Platform>): Set<Platform> {
  const { command } = values;
  if (action !== 'run-command' || meant.size === 1 || typeof command !== 'string') return meant;
  return new Set([/^\s*[A-Z][a-z]+-[A-Z]\w+/.test(command) ? 'windows' : 'linux']);
}

/** The platforms of the assets meant, as far as it can be told; empty: any. */
function platformsOf(s: Selection, facts: FactSheet): Set<Platform> {
  const found = new Set<Platform>();
  const family = OS_FAMILIES.find((f) => f.key === s.os);
  if (family) return found.add(family.platform);
  if (isNamed(s)) {
    const assets = [...s.hosts.map((h) => h.toLowerCase()), ...s.ips].map((w) => facts.assets.get(w));
    const known = assets.map((a) => (a ? platformOf(a) : undefined));
    if (known.every((p) => p !== undefined)) for (const p of known) found.add(p);
    return found;
  }
  const byTag = s.tags.map((t) => OS_FAMILIES.find((f) => f.said.test(t))?.platform).find((p) => p !== undefined);
  if (byTag && narrows(s)) return found.add(byTag);
  const only = onlyPlatform(s, facts);
  return only === undefined ? found : found.add(only);
}

/** The platform that all assets with the values have, where the inventory shows one only. What is added meanwhile fails on the host and is told. */
function onlyPlatform({ hosts, ips, cidrs, tags, environments, locations }: Selection, { vocabulary: { platforms } }: FactSheet): Platform | undefined {
  if (hosts.length + ips.length + cidrs.length > 0) return undefined;
  const narrowed = ([[tags, platforms.tags], [environments, platforms.environments], [locations, platforms.locations]] as const).filter(([values]) => values.length > 0)
    .map(([values, known]) => new Set(values.flatMap((v) => [...known.get(v.toLowerCase()) ?? ['other' as const]])));
  const single = narrowed.find((p) => p.size === 1 && !p.has('other'));
  return single === undefined ? undefined : ([...single][0] as Platform);
}
