import type { AssetFacts, FactSheet, InventoryFacts, PlatformsByValue, Vocabulary } from './facts.js';
import { platformOf } from './os-family.js';

/** Names that are compared with a word that names no asset, at most. */
const COMPARED = 400;
const SUGGESTED = 5;

/** Facts from a list of assets that is held in memory, indexed once; for a cached snapshot of one tenant. */
export class InMemoryFacts implements InventoryFacts {
  private readonly byWord = new Map<string, AssetFacts>();
  private readonly vocabulary: Vocabulary;
  /** Host names by their first two characters, for suggestions. */
  private readonly byBeginning = new Map<string, string[]>();

  constructor(assets: readonly AssetFacts[]) {
    for (const asset of assets) {
      this.byWord.set(asset.hostname.toLowerCase(), asset);
      if (asset.ip_address !== undefined) this.byWord.set(asset.ip_address, asset);
      const beginning = asset.hostname.slice(0, 2).toLowerCase();
      const names = this.byBeginning.get(beginning);
      if (names) names.push(asset.hostname);
      else this.byBeginning.set(beginning, [asset.hostname]);
    }
    this.vocabulary = {
      tags: distinct(assets.flatMap((a) => a.tags ?? [])),
      environments: distinct(assets.map((a) => a.environment)),
      locations: distinct(assets.map((a) => a.location)),
      operatingSystems: distinct(assets.map((a) => a.os)),
      platforms: { tags: platformsBy(assets, (a) => a.tags ?? []), environments: platformsBy(assets, (a) => [a.environment]), locations: platformsBy(assets, (a) => [a.location]) },
    };
  }

  lookUp(_tenantId: string, words: readonly string[]): Promise<FactSheet> {
    const assets = new Map<string, AssetFacts>();
    const near = new Map<string, readonly string[]>();
    for (const word of words) {
      const asset = this.byWord.get(word);
      if (asset) assets.set(word, asset);
      else if (/^[a-z].*[\d-]/.test(word) && word.length <= 64) near.set(word, this.nearest(word));
    }
    return Promise.resolve({ assets, near, vocabulary: this.vocabulary, known: true });
  }

  private nearest(word: string): string[] {
    const names = (this.byBeginning.get(word.slice(0, 2)) ?? []).slice(0, COMPARED);
    return names.map((name) => ({ name, alike: alike(name.toLowerCase(), word) })).filter((n) => n.alike >= 0.5).sort((a, b) => b.alike - a.alike || (a.name < b.name ? -1 : 1)).slice(0, SUGGESTED).map((n) => n.name);
  }
}

/** Share of the pairs of neighbouring characters that two words have in common (Dice). */
function alike(a: string, b: string): number {
  const pairs = new Set(Array.from({ length: a.length - 1 }, (_, i) => a.slice(i, i + 2)));
  const common = Array.from({ length: b.length - 1 }, (_, i) => b.slice(i, i + 2)).filter((p) => pairs.has(p)).length;
  return (2 * common) / Math.max(1, a.length + b.length - 2);
}

function platformsBy(assets: readonly AssetFacts[], valuesOf: (asset: AssetFacts) => readonly (string | undefined)[]): PlatformsByValue {
  const found = new Map<string, Set<'linux' | 'windows' | 'other'>>();
  for (const asset of assets) {
    const platform = platformOf(asset) ?? 'other';
    for (const value of valuesOf(asset)) if (value !== undefined) found.set(value.toLowerCase(), (found.get(value.toLowerCase()) ?? new Set()).add(platform));
  }
  return found;
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((v) => v !== undefined))].sort();
}
