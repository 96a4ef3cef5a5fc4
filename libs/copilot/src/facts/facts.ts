/** What is read of an asset to understand a sentence. */
export interface AssetFacts {
  readonly hostname: string;
  readonly ip_address?: string;
  readonly os?: string;
  readonly environment?: string;
  readonly status?: string;
  readonly location?: string;
  readonly protocol?: 'ssh' | 'winrm';
  readonly tags?: readonly string[];
}

/** Values that occur in a tenant's inventory, as they are spelled there. Keep one object as long as nothing changed: what is derived from it is kept with it. */
export interface Vocabulary {
  readonly tags: readonly string[];
  readonly environments: readonly string[];
  readonly locations: readonly string[];
  readonly operatingSystems: readonly string[];
  /** Which platforms the assets with a value have, `other` where it can't be told; by the value in lower case. */
  readonly platforms: { readonly tags: PlatformsByValue; readonly environments: PlatformsByValue; readonly locations: PlatformsByValue };
}
export type PlatformsByValue = ReadonlyMap<string, ReadonlySet<'linux' | 'windows' | 'other'>>;

/** What the inventory says about the words of one message. */
export interface FactSheet {
  /** Assets by the lower-case word that names them: host name or address. */
  readonly assets: ReadonlyMap<string, AssetFacts>;
  /** Host names most like a word that names no asset, best first. */
  readonly near: ReadonlyMap<string, readonly string[]>;
  readonly vocabulary: Vocabulary;
  /** False when the inventory could not be asked: then names are taken as they are written. */
  readonly known: boolean;
}

/** Port to the inventory. It leaves out everything that is not needed to understand a sentence; targets are resolved when a plan is previewed. */
export interface InventoryFacts {
  /** @param words lower-case words of the message that could name an asset; at most 200. */
  lookUp(tenantId: string, words: readonly string[]): Promise<FactSheet>;
}

export const NO_FACTS: FactSheet = { assets: new Map(), near: new Map(), vocabulary: { tags: [], environments: [], locations: [], operatingSystems: [], platforms: { tags: new Map(), environments: new Map(), locations: new Map() } }, known: false };
