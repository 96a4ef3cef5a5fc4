import type { ApprovalPolicyDto, DriftView, Manifest, PolicyTier, RiskView } from '@opsmesh/contracts';
import { typedTextOf } from './preview/assess-risk.js';
import type { NewQuestion } from './proposal.js';

export const POLICY_ORDER: Readonly<Record<PolicyTier, number>> = { none: 0, 'one-click': 1, typed: 2, 'two-people': 3 };

/** What people are asked, and how many of them, for a manifest of that risk. @param drift why it is asked after an approval; left out: it is the first question */
export function questionOf({ manifest, manifestSha256, risk, policy, drift = { added: [], changed: [] } }: { manifest: Manifest; manifestSha256: string; risk: RiskView; policy: ApprovalPolicyDto; drift?: Pick<DriftView, 'added' | 'changed'> }): NewQuestion {
  const minApprovals = risk.tier === 'none' ? 0 : risk.tier === 'two-people' ? policy.approvers : 1;
  return { manifest, manifestSha256, risk, minApprovals, typedText: typedTextOf(risk), ...drift };
}
