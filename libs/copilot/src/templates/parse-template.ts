import type { Catalogue } from '../catalogue/catalogue.js';
import type { JsonObject } from '../plan/plan-document.js';
import { missingTool } from './instantiate.js';
import { parseAnswer } from './parse-answer.js';
import { CATEGORIES, SLOT_TYPES, type SlotSpec, type SlotType, type Template } from './template.js';

export type ParsedTemplate = { readonly ok: true; readonly template: Template; readonly missingTool?: string } | { readonly ok: false; readonly errors: readonly { readonly pointer: string; readonly message: string }[] };

const ID = /^[a-z][a-z0-9-]{0,63}$/;
const SLOT = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const MOST_BYTES = 64 * 1024;

/** Reads a template that a person adds. It says every mistake with its place; a tool that is not registered now is told and no mistake. */
export function parseTemplate(document: unknown, catalogue: Catalogue): ParsedTemplate {
  const errors: { pointer: string; message: string }[] = [];
  const wrong = (pointer: string, message: string): void => { errors.push({ pointer, message }); };
  if (!isObject(document)) return { ok: false, errors: [{ pointer: '', message: 'must be an object' }] };
  if (JSON.stringify(document).length > MOST_BYTES) return { ok: false, errors: [{ pointer: '', message: `must be at most ${MOST_BYTES} characters` }] };
  const text = (name: string, most: number): string => {
    const value = document[name];
    if (typeof value !== 'string' || value.trim() === '' || value.length > most) wrong(`/${name}`, `must be a text of at most ${most} characters`);
    return String(value);
  };
  const id = text('id', 64);
  if (!ID.test(id)) wrong('/id', 'begins with a small letter, then small letters, digits and -');
  const action = text('action', 64);
  if (!ID.test(action)) wrong('/action', 'begins with a small letter, then small letters, digits and -');
  const title = text('title', 128);
  const description = text('description', 1000);
  const version = document['version'] ?? 1;
  if (!Number.isInteger(version) || (version as number) < 1) wrong('/version', 'must be a whole number from 1');
  if (!(CATEGORIES as readonly unknown[]).includes(document['category'])) wrong('/category', `must be one of ${CATEGORIES.join(', ')}`);
  const platform = document['platform'] ?? null;
  if (![null, 'linux', 'windows'].includes(platform as null)) wrong('/platform', 'must be linux, windows or null');
  const phrases = document['phrases'] ?? [];
  if (!Array.isArray(phrases) || phrases.length > 50 || !phrases.every((p) => typeof p === 'string' && p.length <= 200 && p.split(/\s+/).length >= 2)) wrong('/phrases', 'must be at most 50 texts of two words or more');
  const slots = readSlots(document['slots'] ?? {}, wrong);
  const steps = document['steps'];
  if (!Array.isArray(steps) || steps.length === 0 || steps.length > 50 || !steps.every((s) => isObject(s))) wrong('/steps', 'must be 1 to 50 steps');
  else {
    for (const [name, at] of slotsUsed(steps, '/steps')) if (!Object.hasOwn(slots, name)) wrong(at, `there is no slot "${name.slice(0, 64)}"`);
  }
  const answer = parseAnswer(document['answer'], wrong);
  if (errors.length > 0) return { ok: false, errors };
  const template: Template = {
    id, action, title, description, version: version as number, category: document['category'] as Template['category'], platform: platform as Template['platform'], phrases: phrases as string[], slots,
    steps: steps as JsonObject[], answer,
  };
  const missing = missingTool(template, catalogue);
  return { ok: true, template, ...(missing === undefined ? {} : { missingTool: missing }) };
}

function readSlots(value: unknown, wrong: (pointer: string, message: string) => void): Record<string, SlotSpec> {
  if (!isObject(value) || Object.keys(value).length > 32) {
    wrong('/slots', 'must be an object of at most 32 slots');
    return {};
  }
  return Object.fromEntries(Object.entries(value).map(([name, spec]): [string, SlotSpec] => {
    if (!SLOT.test(name)) wrong(`/slots/${name}`, 'must be a name');
    if (!isObject(spec) || !(SLOT_TYPES as readonly unknown[]).includes(spec['type'])) wrong(`/slots/${name}/type`, `must be one of ${SLOT_TYPES.join(', ')}`);
    const s = isObject(spec) ? spec : {};
    return [name, {
      type: s['type'] as SlotType, required: s['required'] === true, ...(typeof s['ask'] === 'string' ? { ask: s['ask'].slice(0, 300) } : {}),
      ...(Array.isArray(s['options']) ? { options: s['options'].filter((o): o is string => typeof o === 'string').slice(0, 20) } : {}),
    }];
  }));
}

/** Slots that the steps name, with their places. */
function slotsUsed(value: unknown, pointer: string): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((v, i) => slotsUsed(v, `${pointer}/${i}`));
  if (!isObject(value)) return [];
  return typeof value['$slot'] === 'string' ? [[value['$slot'], `${pointer}/$slot`]] : Object.entries(value).flatMap(([k, v]) => slotsUsed(v, `${pointer}/${k}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
