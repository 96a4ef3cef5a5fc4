/** Which assets a sentence means. Plain JSON, kept between turns. */
export interface Selection {
  /** Host names as spelled in the inventory. */
  readonly hosts: readonly string[];
  readonly ips: readonly string[];
  readonly cidrs: readonly string[];
  readonly tags: readonly string[];
  /** Whether an asset needs all of the tags; otherwise one is enough. */
  readonly allTags: boolean;
  readonly environments: readonly string[];
  readonly statuses: readonly string[];
  readonly locations: readonly string[];
  /** Key of a family of operating systems. */
  readonly os: string | null;
  readonly namePrefix: string | null;
  readonly nameContains: string | null;
  readonly exceptHosts: readonly string[];
  readonly exceptTags: readonly string[];
  readonly exceptEnvironments: readonly string[];
  readonly exceptStatuses: readonly string[];
  /** Whether all assets were meant in so many words. */
  readonly all: boolean;
  /** Names that no asset has. */
  readonly unknownHosts: readonly string[];
  /** Words that narrow the assets in a way that is not understood. */
  readonly unknownWords: readonly string[];
  /** Texts that look like an address and are none. */
  readonly wrongAddresses: readonly string[];
  /** Whether the sentence points back: `there`, `those hosts`. */
  readonly pointsBack: boolean;
}

export const EMPTY_SELECTION: Selection = {
  hosts: [], ips: [], cidrs: [], tags: [], allTags: false, environments: [], statuses: [], locations: [], os: null, namePrefix: null, nameContains: null,
  exceptHosts: [], exceptTags: [], exceptEnvironments: [], exceptStatuses: [], all: false, unknownHosts: [], unknownWords: [], wrongAddresses: [], pointsBack: false,
};

/** Whether something was said about which assets are meant. */
export function isSelective(s: Selection): boolean {
  return s.all || narrows(s);
}

/** Whether the assets are narrowed by anything but exceptions. */
export function narrows(s: Selection): boolean {
  return [s.hosts, s.ips, s.cidrs, s.tags, s.environments, s.statuses, s.locations].some((l) => l.length > 0) || s.os !== null || s.namePrefix !== null || s.nameContains !== null;
}

/** Whether only single assets are named: hosts or addresses. */
export function isNamed(s: Selection): boolean {
  return (s.hosts.length > 0 || s.ips.length > 0) && [s.cidrs, s.tags, s.environments, s.statuses, s.locations].every((l) => l.length === 0) && s.os === null && s.namePrefix === null && s.nameContains === null;
}

/** The selection in words: `web-01 and web-02`, `production Linux assets tagged web`. */
export function describe(s: Selection): string {
  const single = [...s.hosts, ...s.ips];
  if (isNamed(s)) return list(single);
  const before = [...s.statuses, ...s.environments, ...(s.os === null ? [] : [s.os])];
  const after = [
    ...(single.length > 0 ? [`named ${list(single)}`] : []),
    ...(s.cidrs.length > 0 ? [`in ${list(s.cidrs)}`] : []),
    ...(s.tags.length > 0 ? [`tagged ${list(s.tags, s.allTags ? 'and' : 'or')}`] : []),
    ...(s.locations.length > 0 ? [`in ${list(s.locations, 'or')}`] : []),
    ...(s.namePrefix === null ? [] : [`whose name begins with ${s.namePrefix}`]),
    ...(s.nameContains === null ? [] : [`with ${s.nameContains} in the name`]),
  ];
  const except = [...s.exceptHosts, ...s.exceptTags.map((t) => `those tagged ${t}`), ...s.exceptEnvironments.map((e) => `${e} ones`), ...s.exceptStatuses.map((e) => `${e} ones`)];
  const words = [...before, 'assets', ...after].join(' ');
  return `${narrows(s) ? words : 'all assets'}${except.length > 0 ? ` except ${list(except)}` : ''}`;
}

export function list(values: readonly string[], word = 'and'): string {
  return values.length <= 1 ? values.join('') : `${values.slice(0, -1).join(', ')} ${word} ${values.at(-1)}`;
}
