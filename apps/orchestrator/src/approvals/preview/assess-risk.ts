import type { ActionClass, ApprovalPolicyDto, PolicyTier, RiskView, TargetFacts } from '@opsmesh/contracts';
import { isGraver } from '../commands/command-judgement.js';
import { shownText } from '../shown.js';
import type { JudgedStep } from './make-manifest.js';

/** What a policy says of an asset. */
interface Care {
  readonly isProduction: boolean;
  readonly isProtected: boolean;
}

/**
 * How much care a run needs: by what its steps were found to do, and to which assets.
 * 1. Only reading needs none.
 * 2. What can't be undone or judged, protected assets, too many of them, and targets that are not known before need two people.
 * 3. More than one target, and production, need a typed text; one reversible change needs a click.
 */
export function assessRisk(steps: readonly JudgedStep[], policy: ApprovalPolicyDto): RiskView {
  const changing = steps.filter((s) => s.judgement.class !== 'read');
  let worst: ActionClass = 'read';
  for (const { judgement } of changing) if (isGraver(judgement.class, worst)) worst = judgement.class;
  if (changing.length === 0) return { class: worst, tier: 'none', changedHosts: 0, reasons: ['every step only reads'] };
  const hosts = new Map<string, TargetFacts | null>();
  let actions = 0;
  for (const { resolved: { items } } of changing) {
    for (const { target, facts } of items) {
      for (const f of facts) hosts.set(f.assetId, f);
      if (facts.length === 0 && target !== null) hosts.set(`?${target}`, null);
      if (target === null) actions++;
    }
  }
  const unbounded = changing.filter(({ resolved: { known, step, mostItems } }) => (known === 'nothing' && step.target !== null) || mostItems === null);
  const known = [...hosts.values()].filter((h) => h !== null);
  const cares = known.map((h) => careOf(h, policy));
  const production = cares.filter((c) => c.isProduction).length;
  const protectedHosts = known.filter((_, i) => cares[i]!.isProtected);
  const count = hosts.size;
  const largest = Math.max(count, actions);
  const grave = [
    ...changing.filter((s) => s.judgement.class === 'destructive' || s.judgement.class === 'uninspectable').map((s) => `"${s.resolved.path}": ${s.judgement.reasons[0] ?? 'it can\'t be undone'}`),
    ...unbounded.map((s) => `what "${s.resolved.path}" acts on is not known before the run: ${shownText(s.resolved.because ?? 'how often it runs depends on results')}`),
    ...(largest > policy.largeFrom ? [`it changes ${largest} targets, more than ${policy.largeFrom}`] : []),
    ...(protectedHosts.length > 0 ? [`${protectedHosts.slice(0, 3).map((h) => shownText(h.hostname)).join(', ')}${protectedHosts.length > 3 ? ` and ${protectedHosts.length - 3} more` : ''} ${protectedHosts.length === 1 ? 'is' : 'are'} protected`] : []),
  ];
  const careful = [
    ...(largest > 1 ? [`it changes ${largest} targets`] : []),
    ...(production > 0 ? [`${production} of them ${production === 1 ? 'is' : 'are'} in production`] : []),
  ];
  const plain = changing.filter((s) => s.judgement.class === 'write').map((s) => `"${s.resolved.path}": ${s.judgement.reasons[0] ?? ''}`);
  const tier: PolicyTier = grave.length > 0 ? 'two-people' : careful.length > 0 ? 'typed' : 'one-click';
  return { class: worst, tier, changedHosts: unbounded.length > 0 ? null : count, reasons: [...grave, ...careful, ...plain].slice(0, 20) };
}

function careOf({ environment, tags, hostname }: TargetFacts, policy: ApprovalPolicyDto): Care {
  const isIn = (value: string | null, list: readonly string[]): boolean => value !== null && list.some((l) => l.toLowerCase() === value.toLowerCase());
  const named = policy.protected.hostnames.some((h) => (h.endsWith('*') ? hostname.toLowerCase().startsWith(h.slice(0, -1).toLowerCase()) : h.toLowerCase() === hostname.toLowerCase()));
  return {
    isProduction: isIn(environment, policy.productionEnvironments),
    isProtected: named || isIn(environment, policy.protected.environments) || tags.some((t) => isIn(t, policy.protected.tags)),
  };
}

/** What must be typed to approve: how many hosts are meant, so that nobody agrees to more than they think. Null where a click is enough. */
export function typedTextOf({ tier, changedHosts }: RiskView): string | null {
  if (tier !== 'typed') return null;
  return changedHosts === 1 ? '1 host' : `${changedHosts ?? 'any'} hosts`;
}
