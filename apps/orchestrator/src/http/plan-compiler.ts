import type { DiagnosticDto } from '@opsmesh/contracts';
import { compileDocument, type CompiledPlan, type ToolCatalogue } from '@opsmesh/plan-model';
import { withSpan } from '@opsmesh/platform';
import type { CatalogueReader } from './ports.js';

export interface Compilation {
  /** Null when there is an error. */
  readonly plan: CompiledPlan | null;
  readonly diagnostics: DiagnosticDto[];
}

/** Plans kept, and the longest text of one that is kept. */
const CAPACITY = 200;
const LONGEST = 64 * 1024;

/** Compiles plans against the catalogue of the moment. The same document with the same catalogue gives the same object: programs run the same plan again and again. */
export class PlanCompiler {
  private readonly known = new Map<string, Compilation>();
  private catalogue: ToolCatalogue | undefined;

  constructor(private readonly reader: CatalogueReader) {}

  compile(document: unknown): Promise<Compilation> {
    return withSpan('plan compile', {}, async (span) => {
      const compilation = await this.findOrMake(document);
      span?.set({ 'opsmesh.plan.is_valid': compilation.plan !== null, 'opsmesh.plan.steps': compilation.plan?.steps.length ?? 0 });
      return compilation;
    });
  }

  private async findOrMake(document: unknown): Promise<Compilation> {
    const catalogue = await this.reader.current();
    if (catalogue !== this.catalogue) {
      this.catalogue = catalogue;
      this.known.clear();
    }
    const key = JSON.stringify(document);
    const found = key.length <= LONGEST ? this.known.get(key) : undefined;
    if (found) return found;
    const made = compileDocument(document, catalogue);
    if (key.length <= LONGEST) this.known.set(key, made);
    if (this.known.size > CAPACITY) this.known.delete(this.known.keys().next().value!);
    return made;
  }
}
