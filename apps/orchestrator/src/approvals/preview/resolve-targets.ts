import { ANY_PROTOCOL, MOST_TARGETS, type TargetFacts, type UnknownTarget } from '@opsmesh/contracts';
import type { ToolCatalogue, ToolStep } from '@opsmesh/plan-model';
import type { LiveInventory } from './ports.js';
import type { ResolvedItem, ResolvedStep } from './resolved-plan.js';
import { valueAt } from './value-at.js';

type Protocol = 'ssh' | 'winrm';

/** Asks the inventory what all targets of a plan mean, in as few questions as there are ways to reach them. */
export async function resolveTargets(steps: readonly ResolvedStep[], { inventory, catalogue, tenantId }: { inventory: LiveInventory; catalogue: ToolCatalogue; tenantId: string }): Promise<void> {
  const questions = new Map<Protocol | undefined, { text: string; item: ResolvedItem; connects: boolean }[]>();
  for (const { step, items } of steps) {
    const kind = catalogue.get(step.tool)?.credential?.kind;
    // What neither connects nor changes anything may be done to any address.
    if (kind === undefined && step.effect === 'read' && step.commands.length === 0) continue;
    const protocol = kind === undefined || kind === ANY_PROTOCOL ? undefined : kind as Protocol;
    const asked = questions.get(protocol) ?? [];
    questions.set(protocol, asked);
    for (const item of items) for (const text of targetTexts(step, item, kind !== undefined)) asked.push({ text, item, connects: kind !== undefined });
  }
  for (const [protocol, asked] of questions) {
    if (asked.length === 0) continue;
    const texts = [...new Set(asked.map((a) => a.text))];
    const answers = new Map<string, TargetFacts | UnknownTarget>();
    for (let from = 0; from < texts.length; from += MOST_TARGETS) {
      const some = texts.slice(from, from + MOST_TARGETS);
      const found = await inventory.targets(tenantId, some, protocol);
      for (const [i, text] of some.entries()) if (found[i]) answers.set(text, found[i]);
    }
    for (const { text, item, connects } of asked) {
      const facts = answers.get(text);
      if (facts && facts.assetId !== null) item.facts = [...item.facts, facts];
      if (!connects || !facts) continue;
      if (facts.refusal) item.refusal = facts.refusal;
      if (facts.assetId !== null) item.endpoints = facts.endpoints;
    }
  }
}

/** What an item acts on: with a credential one asset, else all that its input names. */
function targetTexts(step: ToolStep, { target, inputs }: ResolvedItem, connects: boolean): string[] {
  if (target === null) return [];
  const named = !connects && inputs ? valueAt(inputs, step.target ?? '') : undefined;
  const texts = Array.isArray(named) ? named.filter((t) => typeof t === 'string') : [target];
  return texts.filter((t) => t.length > 0 && t.length <= 255);
}
