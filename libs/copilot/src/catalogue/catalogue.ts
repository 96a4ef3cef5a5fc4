import MiniSearch from 'minisearch';
import type { ToolDeclarationDto } from '@opsmesh/contracts';

/** What the copilot reads of a tool. */
export type CatalogueTool = Pick<ToolDeclarationDto, 'name' | 'description' | 'effect' | 'inputSchema' | 'credential' | 'target' | 'commands' | 'examples'>;

export interface ToolProperty {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** The registered tools, indexed once; make a new one when the catalogue changes. */
export class Catalogue {
  readonly tools: ReadonlyMap<string, CatalogueTool>;
  private readonly byLower: ReadonlyMap<string, CatalogueTool>;
  private readonly index = new MiniSearch<{ id: string; name: string; description: string; inputs: string }>({
    fields: ['name', 'description', 'inputs'], searchOptions: { boost: { name: 4 }, prefix: true, fuzzy: 0.15 },
    tokenize: tellingWords,
  });

  constructor(tools: readonly CatalogueTool[]) {
    this.tools = new Map(tools.map((t) => [t.name, t]));
    this.byLower = new Map(tools.map((t) => [t.name.toLowerCase(), t]));
    this.index.addAll(tools.map((t) => ({ id: t.name, name: t.name.replace(/([a-z])([A-Z])/g, '$1 $2'), description: t.description, inputs: propertiesOf(t).map((p) => p.name).join(' ') })));
  }

  /** A tool by its name, capitals aside, `_` as `-`. */
  named(word: string): CatalogueTool | undefined {
    const lower = word.toLowerCase();
    return this.byLower.get(lower) ?? this.byLower.get(lower.replaceAll('_', '-')) ?? this.byLower.get(lower.replaceAll('-', '_'));
  }

  /** Tools whose name begins with a verb: `block` finds `block-ip` and `block_ip`. */
  withVerb(verb: string): CatalogueTool[] {
    return [...this.tools.values()].filter((t) => t.name.toLowerCase().split(/[-_]/)[0] === verb.toLowerCase());
  }

  /** Tools nearest to some words, best first; `prefix` and typing errors count too. */
  search(words: string, limit: number): CatalogueTool[] {
    return this.index.search(words.slice(0, 400)).slice(0, limit).map((r) => this.tools.get(r.id as string)!);
  }
}

/** The words of a text that tell what it is about: numbers and words that are in every sentence do not. */
export function tellingWords(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((w) => w.length > 1 && !/^\d+$/.test(w) && !STOP.has(w));
}

/** The inputs that a tool declares. */
export function propertiesOf(tool: Pick<CatalogueTool, 'inputSchema'>): ToolProperty[] {
  const properties = (tool.inputSchema['properties'] ?? {}) as Record<string, Record<string, unknown>>;
  const required = (tool.inputSchema['required'] ?? []) as string[];
  return Object.entries(properties).map(([name, schema]) => ({ name, required: required.includes(name), schema }));
}

/** The input that names what the tool acts on. */
export function targetOf(tool: Pick<CatalogueTool, 'credential' | 'target'>): string | undefined {
  return (tool.credential?.target ?? tool.target)?.split('/')[1];
}

const STOP = new Set(['the', 'and', 'or', 'of', 'on', 'in', 'for', 'to', 'with', 'is', 'are', 'it', 'its', 'that', 'this', 'by', 'from', 'what', 'can', 'you', 'me', 'my', 'please', 'do', 'how', 'does', 'all', 'any', 'please']);
