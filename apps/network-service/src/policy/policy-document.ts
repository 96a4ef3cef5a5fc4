import { InvalidMessage, validate } from '@opsmesh/contracts';
import { IsArray, IsInt, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { type Cidr, parseAddress, parseNetwork } from '../targets/cidr.js';
import { TenantPolicies, type TenantRules } from './tenant-rules.js';

/** Largest capture that can be kept, in bytes. */
export const MAX_CAPTURE_BYTES = 16 * 1024 * 1024;

/** Rules as they stand in a policy; what is left out is taken from the rules for everybody, and there from the settings. */
class RulesDto {
  /** Networks that may be targets, in place of the others. */
  @IsOptional() @IsArray() @IsString({ each: true }) allowed?: string[];
  /** Addresses and networks that are never targets, beside the others. */
  @IsOptional() @IsArray() @IsString({ each: true }) protected?: string[];
  @IsOptional() @IsInt() @Min(1) @Max(1_048_576) maxHosts?: number;
  @IsOptional() @IsInt() @Min(1) @Max(100_000) packetsPerSecond?: number;
  @IsOptional() @IsInt() @Min(1) @Max(1_000_000) callsPerMinute?: number;
  @IsOptional() @IsInt() @Min(4096) @Max(MAX_CAPTURE_BYTES) captureBytes?: number;
  @IsOptional() @IsInt() @Min(1) @Max(300) captureSeconds?: number;
  @IsOptional() @IsInt() @Min(1) @Max(16) captures?: number;
}

class PolicyDto {
  @IsOptional() @IsObject() defaults?: object;
  @IsOptional() @IsObject() tenants?: Record<string, object>;
}

/** A policy that can't be used; its message has one line for each thing that is wrong, with its place (JSON pointer). */
export class BadPolicy extends Error {
  override readonly name = 'BadPolicy';
}

/**
 * Reads a policy document: `{ "defaults": rules, "tenants": { "<tenant>": rules } }`.
 * @param base the rules for everybody as the settings give them
 * @throws BadPolicy
 */
export function readPolicy(json: string, base: TenantRules): TenantPolicies {
  const wrong: string[] = [];
  let document: PolicyDto;
  try {
    document = validate(PolicyDto, JSON.parse(json));
  } catch (e) {
    throw new BadPolicy(e instanceof InvalidMessage ? linesOf(e, '').join('\n') : `it is not JSON: ${(e as Error).message}`);
  }
  const everybody = withRules(base, document.defaults ?? {}, { pointer: '/defaults', wrong });
  const named = Object.entries(document.tenants ?? {}).map(([tenant, rules]) => {
    const pointer = `/tenants/${tenant.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(tenant)) wrong.push(`${pointer} is no tenant id`);
    return [tenant, withRules(everybody, rules, { pointer, wrong })] as const;
  });
  if (wrong.length > 0) throw new BadPolicy(wrong.join('\n'));
  return new TenantPolicies(everybody, new Map(named));
}

interface Place {
  readonly pointer: string;
  /** Gets a line for each thing that is wrong. */
  readonly wrong: string[];
}

function withRules(base: TenantRules, plain: object, place: Place): TenantRules {
  let rules: RulesDto;
  try {
    rules = validate(RulesDto, plain);
  } catch (e) {
    if (!(e instanceof InvalidMessage)) throw e;
    place.wrong.push(...linesOf(e, place.pointer));
    return base;
  }
  const networks = (field: 'allowed' | 'protected'): Cidr[] | undefined => rules[field]?.flatMap((text, i) => {
    const cidr = parseCidr(text);
    if (!cidr) place.wrong.push(`${place.pointer}/${field}/${i} is neither an IP address nor a network such as 10.0.0.0/24`);
    return cidr ?? [];
  });
  return {
    targets: {
      allowed: networks('allowed') ?? base.targets.allowed,
      // What is protected for everybody stays protected.
      protectedHosts: [...base.targets.protectedHosts, ...(networks('protected') ?? [])],
      maxHosts: rules.maxHosts ?? base.targets.maxHosts,
    },
    packetsPerSecond: rules.packetsPerSecond ?? base.packetsPerSecond,
    callsPerMinute: rules.callsPerMinute ?? base.callsPerMinute,
    captures: {
      maxBytes: rules.captureBytes ?? base.captures.maxBytes,
      maxSeconds: rules.captureSeconds ?? base.captures.maxSeconds,
      parallel: rules.captures ?? base.captures.parallel,
    },
  };
}

/** An address or a network. */
export function parseCidr(text: string): Cidr | undefined {
  return parseAddress(text) ?? parseNetwork(text);
}

function linesOf(invalid: InvalidMessage, pointer: string): string[] {
  return invalid.errors.map((e) => `${pointer}${e.pointer || (pointer ? '' : '/')} ${e.message}`);
}
