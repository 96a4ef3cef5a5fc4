import { InMemoryFacts, NO_FACTS, type AssetFacts, type FactSheet, type InventoryFacts } from '@opsmesh/copilot';
import type { Logger } from 'pino';

/** Port to the inventory: all assets of a tenant as far as sentences need them. */
export interface AssetSource {
  /** @throws when the inventory can't be asked */
  assetsOf(tenantId: string): Promise<readonly AssetFacts[]>;
}

/** How long a read inventory is used, and how old it may be for a word that no asset has, in milliseconds. */
const FRESH_MS = 15_000;
const DOUBTED_MS = 500;
const TENANTS = 50;

interface Snapshot { readonly at: number; readonly text: string; readonly facts: InMemoryFacts }

/** Facts from the asset service, kept for a while. What was added a moment ago is found: a word that names no asset makes it be read again. */
export class ServiceFacts implements InventoryFacts {
  private readonly known = new Map<string, Promise<Snapshot>>();

  constructor(private readonly source: AssetSource, private readonly log: Logger) {}

  async lookUp(tenantId: string, words: readonly string[]): Promise<FactSheet> {
    try {
      const sheet = await (await this.snapshot(tenantId, FRESH_MS)).facts.lookUp(tenantId, words);
      return sheet.near.size === 0 ? sheet : await (await this.snapshot(tenantId, DOUBTED_MS)).facts.lookUp(tenantId, words);
    } catch (e) {
      this.log.warn({ err: e }, 'the inventory could not be asked: names are taken as they are written');
      return NO_FACTS;
    }
  }

  private async snapshot(tenantId: string, age: number): Promise<Snapshot> {
    const before = await this.known.get(tenantId)?.catch(() => undefined);
    if (before && performance.now() - before.at <= age) return before;
    const reading = this.read(tenantId, before);
    this.known.delete(tenantId);
    if (this.known.size >= TENANTS) this.known.delete(this.known.keys().next().value!);
    this.known.set(tenantId, reading);
    reading.catch(() => this.known.delete(tenantId));
    return reading;
  }

  /** The same facts as before when nothing changed: what is derived from them is kept with them. */
  private async read(tenantId: string, before: Snapshot | undefined): Promise<Snapshot> {
    const assets = await this.source.assetsOf(tenantId);
    const text = JSON.stringify(assets);
    return { at: performance.now(), text, facts: before?.text === text ? before.facts : new InMemoryFacts(assets) };
  }
}
