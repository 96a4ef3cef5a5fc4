import type { ToolContext } from '@opsmesh/worker-runtime';
import { failureOfAbort } from '../process/abort.js';
import type { ResolveName } from '../targets/resolve-name.js';
import { type CheckedHost, type CheckedTarget, TargetChecker } from '../targets/target-checker.js';
import { TargetPolicy } from '../targets/target-policy.js';
import { CallBudget } from './call-budget.js';
import { CaptureSlots } from './capture-slots.js';
import { PacketBudget, type PacketWish } from './packet-budget.js';
import { rateLimited } from './rate-limited.js';
import type { TenantPolicies, TenantRules } from './tenant-rules.js';

/** Longest time a call waits for packets that others are sending, in milliseconds. */
const PATIENCE_MS = 30_000;
/** Tenants whose use is remembered before those that are idle are forgotten. */
const REMEMBERED = 1000;

/** Clocks in milliseconds: one that does not jump, and the time of day. */
export interface Clocks {
  monotonic(): number;
  wall(): number;
}

const SYSTEM_CLOCKS: Clocks = { monotonic: () => performance.now(), wall: () => Date.now() };

/** What a tenant uses now. */
interface Use {
  readonly calls: CallBudget;
  readonly packets: PacketBudget;
  readonly captures: CaptureSlots;
}

export interface AdmissionParts {
  readonly policies: TenantPolicies;
  readonly resolve: ResolveName;
  readonly clocks?: Clocks;
  /** Default {@link PATIENCE_MS}. */
  readonly patienceMs?: number;
}

/**
 * The one door of all network tools: what a tenant's policy says is enforced here.
 * Budgets are of this process: so many workers, so many times what they allow.
 */
export class Admission {
  private readonly uses = new Map<string, Use>();
  private readonly clocks: Clocks;

  constructor(private readonly parts: AdmissionParts) {
    this.clocks = parts.clocks ?? SYSTEM_CLOCKS;
  }

  /**
   * Counts one call of a tool.
   * @throws ToolFailure `rate-limited`, saying when the next call is possible
   */
  enter(context: Pick<ToolContext, 'tenantId' | 'signal'>): AdmittedCall {
    const rules = this.parts.policies.of(context.tenantId);
    const use = this.useOf(context.tenantId, rules);
    const wait = use.calls.take(this.clocks.monotonic());
    if (wait > 0) throw rateLimited(`tenant "${context.tenantId}" may make ${rules.callsPerMinute} calls of network tools a minute`, wait, this.clocks.wall());
    return new AdmittedCall({ context, rules, use, clocks: this.clocks, resolve: this.parts.resolve, patienceMs: this.parts.patienceMs ?? PATIENCE_MS });
  }

  private useOf(tenantId: string, rules: TenantRules): Use {
    let use = this.uses.get(tenantId);
    if (!use) {
      if (this.uses.size >= REMEMBERED) this.forgetIdle();
      use = { calls: new CallBudget(rules.callsPerMinute, this.clocks.monotonic()), packets: new PacketBudget(rules.packetsPerSecond), captures: new CaptureSlots(rules.captures.parallel) };
      this.uses.set(tenantId, use);
    }
    return use;
  }

  private forgetIdle(): void {
    const now = this.clocks.monotonic();
    for (const [tenant, { calls, packets, captures }] of this.uses) {
      if (packets.idle && captures.idle && calls.isFull(now)) this.uses.delete(tenant);
    }
  }
}

interface CallParts {
  readonly context: Pick<ToolContext, 'tenantId' | 'signal'>;
  readonly rules: TenantRules;
  readonly use: Use;
  readonly clocks: Clocks;
  readonly resolve: ResolveName;
  readonly patienceMs: number;
}

/** One call that was let in: its targets are checked, and its packets and captures counted, by the rules of its tenant. */
export class AdmittedCall {
  private readonly checker: TargetChecker;

  constructor(private readonly parts: CallParts) {
    this.checker = new TargetChecker(new TargetPolicy(parts.rules.targets), parts.resolve);
  }

  get rules(): TenantRules {
    return this.parts.rules;
  }

  /** @throws ToolFailure `target-refused`, `target-unknown`, `limit-exceeded` or `service-unavailable` */
  check(texts: readonly string[]): Promise<CheckedTarget[]> {
    return this.checker.check(texts, this.parts.context.signal);
  }

  /** As {@link check}, for tools that act on one address. */
  checkHost(text: string): Promise<CheckedHost> {
    return this.checker.checkHost(text, this.parts.context.signal);
  }

  /** Whether the tenant may know of an address: an allowed one that is not protected. */
  mayKnow(address: string): boolean {
    return this.checker.mayKnow(address);
  }

  /**
   * Sends at most so many packets a second as the tenant has left; waits for its turn.
   * @throws ToolFailure `rate-limited` when its turn did not come, the failure of the signal when it was aborted
   */
  async sending<T>(wish: PacketWish, send: (packetsPerSecond: number) => Promise<T>): Promise<T> {
    const { context, use, patienceMs, rules, clocks } = this.parts;
    const patience = AbortSignal.timeout(patienceMs);
    const share = await use.packets.take(wish, AbortSignal.any([context.signal, patience]));
    if (!share) {
      if (context.signal.aborted) throw failureOfAbort(context.signal);
      throw rateLimited(`the ${rules.packetsPerSecond} packets a second of tenant "${context.tenantId}" are in use by other calls`, patienceMs, clocks.wall());
    }
    try {
      return await send(share.packetsPerSecond);
    } finally {
      share.release();
    }
  }

  /**
   * Makes a capture.
   * @param longestMs time after which it is over, in milliseconds
   * @throws ToolFailure `rate-limited` when the tenant makes as many as it may
   */
  async capturing<T>(longestMs: number, capture: () => Promise<T>): Promise<T> {
    const { context, use, rules, clocks } = this.parts;
    const slot = use.captures.take(clocks.monotonic(), longestMs);
    if (typeof slot === 'number') throw rateLimited(`tenant "${context.tenantId}" makes ${rules.captures.parallel} captures now, which is as many as it may`, slot, clocks.wall());
    try {
      return await capture();
    } finally {
      slot();
    }
  }
}
