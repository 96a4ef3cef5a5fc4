import { networkPoliciesFrom } from '../config.js';
import { Admission } from '../policy/admission.js';
import type { ResolveName } from '../targets/resolve-name.js';

/** The door of the tools with the settings' rules; without a resolver no name has an address. */
export function admissionWith(env: Record<string, string> = {}, resolve: ResolveName = () => Promise.resolve([])): Admission {
  return new Admission({ policies: networkPoliciesFrom(env), resolve });
}
