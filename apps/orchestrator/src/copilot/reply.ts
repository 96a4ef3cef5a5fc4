import { canonicalJson, type ChatConfirmationView, type ChatKind, type ChatPlanView, type ChatReplyView, type ChatUsageView, type Manifest, type ManifestStep, type PlanApprovalView, type PreviewView, type RunView } from '@opsmesh/contracts';
import { showable, type Usage } from '@opsmesh/copilot';
import type { TurnKey, TurnWork } from './turn.js';

/** Hosts and actions that a confirmation names; the manifest has all of them. */
const NAMED = 50;

/** A reply with nothing in it but what is given. */
export function replyOf({ conversationId, turn }: TurnKey, kind: ChatKind, message: string, more: Partial<Omit<ChatReplyView, 'conversation_id' | 'turn' | 'kind' | 'message'>> = {}): ChatReplyView {
  return { conversation_id: conversationId, turn, kind, message, options: [], suggestions: [], notes: [], plan: null, confirmation: null, result: null, error: null, prose: null, usage: null, ...more };
}

export function errorReply(key: TurnKey, code: string, detail: string, more: Parameters<typeof replyOf>[3] = {}): ChatReplyView {
  return replyOf(key, 'error', detail, { ...more, error: { code, detail } });
}

/** What models used, summed. */
export function usageView(usages: readonly Usage[]): ChatUsageView {
  const sum = (of: (u: Usage) => number): number => usages.reduce((total, u) => total + of(u), 0);
  return { calls: sum((u) => u.calls), prompt_tokens: sum((u) => u.promptTokens), completion_tokens: sum((u) => u.completionTokens), cost: sum((u) => u.cost), estimated: usages.some((u) => u.estimated) };
}

/** The plan of a turn with effects as declared and risks as computed; `run` adds how far each step is. */
export function planView(work: TurnWork, run?: RunView): ChatPlanView {
  const judged = new Map((work.risk?.steps ?? []).map((s) => [s.id, s.class]));
  const steps = run ? run.steps.map((s) => ({ ...s, risk: judged.get(s.id) ?? s.effect ?? 'read' }))
    : work.risk ? work.risk.steps.map((s) => ({ ...s, risk: s.class, status: null }))
      : work.plan.steps.map((s) => ({ id: s.id, tool: s.tool, effect: null, risk: 'unknown', status: null }));
  return { name: showable(work.plan.name), source: work.source, risk: work.risk?.class ?? 'unknown', steps: steps.map(({ id, tool, effect, risk, status }) => ({ id, tool, effect, risk, status })) };
}

/** What people are asked before a plan runs. */
export function confirmationView({ preview, approval }: { readonly preview: PreviewView; readonly approval: PlanApprovalView }): ChatConfirmationView {
  const changes = changesOf(preview.manifest);
  const minutes = preview.bounds.expectedMinutes;
  return {
    ...asked(approval),
    affected: changes.hosts.slice(0, NAMED), affected_total: Math.max(changes.hosts.length, approval.risk.changedHosts ?? 0), actions: changes.actions.slice(0, NAMED),
    estimated_duration_ms: minutes === null ? null : Math.round(minutes * 60_000),
  };
}

/** The same when targets appeared or changed after an approval: only they are asked about. */
export function driftConfirmation(before: ChatConfirmationView, approval: PlanApprovalView): ChatConfirmationView {
  const affected = [...approval.added, ...approval.changed.map((c) => c.target)];
  return { ...before, ...asked(approval), affected: affected.slice(0, NAMED).map(showable), affected_total: affected.length };
}

/** Why it is asked again; of what is reached otherwise than was approved, what was and what is to be. */
export function driftMessage({ changed, message }: PlanApprovalView): string {
  return changed.length === 0 ? 'Hosts were added since the approval. They have to be approved too.' : `Since the approval ${showable(message)}`;
}

/** Whether one word of the requester in the conversation is enough: only where policy wants one click, and theirs will do. */
function mayApproveByMessage({ tier, requesterMayApprove, typed_text: typedText }: PlanApprovalView): boolean {
  return tier === 'one-click' && requesterMayApprove && typedText === null;
}

function asked(approval: PlanApprovalView): Omit<ChatConfirmationView, 'affected' | 'affected_total' | 'actions' | 'estimated_duration_ms'> {
  const { runId, risk } = approval;
  return {
    approval_id: approval.id, manifest_sha256: approval.manifest_sha256, status: approval.status, risk: risk.class, reasons: risk.reasons.map(showable), tier: approval.tier, wanted: wanted(approval), typed_text: approval.typed_text,
    approve_by_message: mayApproveByMessage(approval), expires_at: approval.expiresAt, decide_url: `/runs/${runId}/approvals/${approval.id}`, manifest_url: `/runs/${runId}/manifest`,
  };
}

/** What policy asks of people, in words. */
function wanted({ tier, minApprovals, requesterMayApprove, typed_text: typedText }: PlanApprovalView): string {
  switch (tier) {
    case 'none': return 'nothing';
    case 'one-click': return requesterMayApprove ? 'one approval; yours will do' : 'one approval of another person';
    case 'typed': return `one approval with the typed text "${typedText ?? ''}"${requesterMayApprove ? '' : ', of another person'}`;
    case 'two-people': return `${minApprovals} approvals of others than who asked${typedText === null ? '' : `, with the typed text "${typedText}"`}`;
  }
}

/** The inputs of all items of a step; in the place of what differs from item to item stands `...`. */
function commonInputs({ items, template }: ManifestStep): Record<string, unknown> {
  const [first, ...more] = items.map((i) => i.inputs ?? template);
  if (!first) return template;
  return Object.fromEntries(Object.entries(first).map(([name, value]) => [name, more.every((m) => canonicalJson(m[name] ?? null) === canonicalJson(value ?? null)) ? value : '...']));
}

/** Hosts that are changed, and each action in words. */
function changesOf(manifest: Manifest): { readonly hosts: string[]; readonly actions: string[] } {
  // A step whose list is known to be empty does nothing.
  const steps = manifest.steps.filter((s) => s.class !== 'read' && (s.items.length > 0 || s.known === 'nothing'));
  const hosts = new Set<string>();
  const actions: string[] = [];
  for (const step of steps) {
    const named = step.items.map((i) => showable(i.hostname ?? i.target ?? ''));
    for (const host of named) if (host !== '') hosts.add(host);
    const what = step.commands.length > 0 ? step.commands.slice(0, 5).map((c) => c.text).join('; ') : `${step.tool} ${JSON.stringify(commonInputs(step))}`;
    const where = step.items.length === 0 ? '' : ` on ${step.items.length === 1 ? named[0] : `${step.items.length} targets`}`;
    actions.push(`${step.tool}${where}: ${showable(what)}${step.conditional ? ' (only if it comes to that)' : ''}`);
  }
  return { hosts: [...hosts], actions };
}
