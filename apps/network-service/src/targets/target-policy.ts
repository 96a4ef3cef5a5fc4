import { ToolFailure } from '@opsmesh/contracts';
import { allForms, type Cidr, contains, distinctCidrs, formatCidr, sizeOf } from './cidr.js';

/** Where the network tools may send. */
export interface TargetRules {
  /** Networks that may be targets; everything else may not. */
  readonly allowed: readonly Cidr[];
  /** Addresses and networks that are never targets, though they lie in an allowed network. */
  readonly protectedHosts: readonly Cidr[];
  /** Most addresses one call may name, each counted once. */
  readonly maxHosts: number;
}

/** Decides about addresses only; names are resolved before. Nothing is sent to an address this class did not let through. */
export class TargetPolicy {
  private readonly protectedForms: readonly Cidr[];

  constructor(private readonly rules: TargetRules) {
    this.protectedForms = rules.protectedHosts.flatMap(allForms);
  }

  /**
   * Checks one address or network.
   * @returns the protected hosts inside it, which the tool must leave out
   * @throws ToolFailure `target-refused` when it is not wholly inside an allowed network, or lies inside a protected one; its cause is
   *   the rule of the policy
   */
  check(cidr: Cidr, name = formatCidr(cidr)): Cidr[] {
    const said = name === formatCidr(cidr) ? name : `${name} (${formatCidr(cidr)})`;
    if (!this.isAllowed(cidr)) throw new ToolFailure('target-refused', `${said} is outside the networks this tenant may reach`, { cause: 'allowed' });
    if (this.isProtected(cidr)) throw new ToolFailure('target-refused', `${said} is a protected host`, { cause: 'protected' });
    return this.protectedForms.filter((inner) => contains(cidr, inner));
  }

  /** Whether {@link check} would let it through. */
  allows(cidr: Cidr): boolean {
    return this.isAllowed(cidr) && !this.isProtected(cidr);
  }

  private isAllowed(cidr: Cidr): boolean {
    return this.rules.allowed.some((outer) => contains(outer, cidr));
  }

  private isProtected(cidr: Cidr): boolean {
    return this.protectedForms.some((outer) => contains(outer, cidr));
  }

  /** @throws ToolFailure `limit-exceeded` when the networks together hold more different addresses than one call may name */
  checkSize(cidrs: readonly Cidr[]): void {
    const hosts = distinctCidrs(cidrs).reduce((sum, cidr) => sum + sizeOf(cidr), 0n);
    if (hosts > this.rules.maxHosts) {
      throw new ToolFailure('limit-exceeded', `${hosts} addresses are more than the ${this.rules.maxHosts} one call may name`, { cause: 'maxHosts' });
    }
  }
}
