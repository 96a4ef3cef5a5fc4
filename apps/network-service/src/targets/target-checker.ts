import { ToolFailure } from '@opsmesh/contracts';
import { type Cidr, formatCidr, parseAddress } from './cidr.js';
import type { ResolveName } from './resolve-name.js';
import { parseHost, parseTarget, quoted, type Target } from './target.js';
import type { TargetPolicy } from './target-policy.js';

/** One target after resolution and policy: what a tool may be pointed at. */
export interface CheckedTarget {
  /** As the caller wrote it. */
  readonly text: string;
  /** Host name, when the caller gave one. */
  readonly name?: string;
  readonly cidr: Cidr;
  /** Protected hosts inside the network. */
  readonly excluded: readonly Cidr[];
}

/** One host after resolution and policy, with the address to use. */
export type CheckedHost = CheckedTarget & { readonly address: string };

/**
 * Turns what a caller wrote into addresses that may be used.
 *
 * 1. A name is resolved once, and tools get the address it gave: a name that answers differently later changes nothing.
 * 2. Every address of a name must be allowed, not only the one that is used.
 * 3. Nothing is started before all targets of a call have passed.
 */
export class TargetChecker {
  constructor(
    private readonly policy: TargetPolicy,
    private readonly resolve: ResolveName,
  ) {}

  /**
   * @returns one for each different text, in the order given; their networks may overlap (see distinctCidrs)
   * @throws ToolFailure `target-refused`, `target-unknown`, `limit-exceeded` or `service-unavailable`
   */
  async check(texts: readonly string[], signal: AbortSignal): Promise<CheckedTarget[]> {
    return this.checkAll([...new Set(texts)].map(parseTarget), signal);
  }

  /** As {@link check}, for tools that act on one address. */
  async checkHost(text: string, signal: AbortSignal): Promise<CheckedHost> {
    const [target] = await this.checkAll([parseHost(text)], signal);
    return { ...target!, address: formatCidr(target!.cidr) };
  }

  private async checkAll(targets: readonly Target[], signal: AbortSignal): Promise<CheckedTarget[]> {
    const checked: CheckedTarget[] = [];
    for (const target of targets) {
      if (target.kind === 'network') checked.push({ text: target.text, cidr: target.cidr, excluded: this.policy.check(target.cidr) });
      else checked.push(await this.checkName(target.text, signal));
    }
    this.policy.checkSize(checked.map((target) => target.cidr));
    return checked;
  }

  /** Whether an address that a tool found may be told: an allowed one that is not protected. */
  mayKnow(text: string): boolean {
    const address = parseAddress(text);
    return address !== undefined && this.policy.allows(address);
  }

  /** IPv4 is preferred, as it is the family that scanners and hosts of a fleet have in common. */
  private async checkName(name: string, signal: AbortSignal): Promise<CheckedTarget> {
    const addresses = (await this.resolve(name, signal)).map((text) => {
      const address = parseAddress(text);
      if (!address) throw new ToolFailure('target-refused', `${name} resolves to ${quoted(text)}, which cannot be checked`);
      return address;
    });
    for (const address of addresses) this.policy.check(address, name);
    const cidr = addresses.find((address) => address.network.kind() === 'ipv4') ?? addresses[0];
    if (!cidr) throw new ToolFailure('target-unknown', `the name ${name} has no address`);
    return { text: name, name, cidr, excluded: [] };
  }
}
