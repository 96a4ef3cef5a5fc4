import type { TemplateListView, TemplateProposalListView, TemplateView } from '@opsmesh/contracts';
import { Catalogue, learn, parseTemplate, type TemplateProposal } from '@opsmesh/copilot';
import { ProblemError, type Principal } from '@opsmesh/platform';
import type { CatalogueReader } from '../../http/ports.js';
import type { ChatStore } from '../ports.js';
import type { KnownTemplate, PostgresTemplateStore, TemplateState } from './postgres-template-store.js';

export interface LibraryParts {
  readonly templates: PostgresTemplateStore;
  readonly chats: Pick<ChatStore, 'finishedRuns'>;
  readonly catalogue: CatalogueReader;
}

/** Templates and proposals as people see and change them. */
export class TemplateLibrary {
  constructor(private readonly parts: LibraryParts) {}

  async list({ tenantId }: Principal): Promise<TemplateListView> {
    const [all, tools] = await Promise.all([this.parts.templates.all(tenantId), this.tools()]);
    return { items: all.map((t) => viewOf(t, tools)) };
  }

  async get({ tenantId }: Principal, id: string): Promise<TemplateView> {
    return viewOf(await this.known(tenantId, id), await this.tools());
  }

  /** @throws ProblemError 422 `template-invalid` with every mistake and its place */
  async add(principal: Principal, document: unknown): Promise<TemplateView> {
    const parsed = parseTemplate(document, await this.tools());
    if (!parsed.ok) throw new ProblemError(422, 'template-invalid', `the template has ${parsed.errors.length} mistake${parsed.errors.length === 1 ? '' : 's'}: ${parsed.errors[0]!.message}`, { errors: parsed.errors.map((e) => ({ code: 'template-invalid', severity: 'error', pointer: `/template${e.pointer}`, message: e.message })) });
    await this.parts.templates.add(principal.tenantId, parsed.template, principal.actorId);
    return this.get(principal, parsed.template.id);
  }

  async set(principal: Principal, id: string, state: Extract<TemplateState, 'enabled' | 'disabled'>): Promise<TemplateView> {
    await this.known(principal.tenantId, id);
    await this.parts.templates.setState(principal.tenantId, id, { state, actorId: principal.actorId });
    return this.get(principal, id);
  }

  /** What could become a template: seen in at least three alike runs, not there yet and not rejected. */
  async proposals({ tenantId }: Principal): Promise<TemplateProposalListView> {
    const proposals = await this.open(tenantId);
    return { items: proposals.map(({ template, runs, differences }) => ({ id: template.id, template: { ...template }, runs: [...runs], differences: [...differences] })) };
  }

  async promote(principal: Principal, id: string): Promise<TemplateView> {
    const proposal = await this.proposal(principal.tenantId, id);
    return this.add(principal, proposal.template);
  }

  async reject(principal: Principal, id: string): Promise<void> {
    const proposal = await this.proposal(principal.tenantId, id);
    await this.parts.templates.setState(principal.tenantId, proposal.template.id, { state: 'rejected', actorId: principal.actorId });
  }

  private async open(tenantId: string): Promise<TemplateProposal[]> {
    const [runs, known, states] = await Promise.all([this.parts.chats.finishedRuns(tenantId), this.parts.templates.all(tenantId), this.parts.templates.states(tenantId)]);
    const there = new Set(known.map((t) => t.template.id));
    return learn(runs).filter((p) => !there.has(p.template.id) && states.get(p.template.id) !== 'rejected');
  }

  private async proposal(tenantId: string, id: string): Promise<TemplateProposal> {
    const found = (await this.open(tenantId)).find((p) => p.template.id === id);
    if (!found) throw new ProblemError(404, 'proposal-not-found', 'there is no such proposal; see GET /templates/proposals');
    return found;
  }

  private async known(tenantId: string, id: string): Promise<KnownTemplate> {
    const found = (await this.parts.templates.all(tenantId)).find((t) => t.template.id === id);
    if (!found) throw new ProblemError(404, 'template-not-found', `there is no template "${id.slice(0, 64)}"; see GET /templates`);
    return found;
  }

  private async tools(): Promise<Catalogue> {
    return new Catalogue((await this.parts.catalogue.current()).all());
  }
}

function viewOf({ template: t, builtin, enabled, addedBy, addedAt }: KnownTemplate, tools: Catalogue): TemplateView {
  const parsed = parseTemplate(t, tools);
  return {
    id: t.id, version: t.version, title: t.title, description: t.description, category: t.category, action: t.action, platform: t.platform, builtin, enabled,
    missing_tool: parsed.ok ? parsed.missingTool ?? null : null, slots: { ...t.slots }, phrases: [...t.phrases], steps: [...t.steps], added_by: addedBy, added_at: addedAt,
  };
}
