import type { TargetRules } from '../targets/target-policy.js';

/** What one tenant may do with the network tools of one worker process. */
export interface TenantRules {
  readonly targets: TargetRules;
  /** Most packets a second that nmap, ping, traceroute and port-check send together. */
  readonly packetsPerSecond: number;
  /** Most calls a minute, of all tools together; they may come at once. */
  readonly callsPerMinute: number;
  readonly captures: CaptureRules;
}

export interface CaptureRules {
  /** Largest capture, in bytes. */
  readonly maxBytes: number;
  /** Longest capture, in seconds. */
  readonly maxSeconds: number;
  /** Captures that may be made at the same time. */
  readonly parallel: number;
}

/** Rules of every tenant: those of its name, else those for everybody. */
export class TenantPolicies {
  constructor(private readonly everybody: TenantRules, private readonly named: ReadonlyMap<string, TenantRules> = new Map()) {}

  of(tenantId: string): TenantRules {
    return this.named.get(tenantId) ?? this.everybody;
  }
}
