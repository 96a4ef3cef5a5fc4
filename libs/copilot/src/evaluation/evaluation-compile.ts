import type { DiagnosticDto } from '@opsmesh/contracts';
import type { Compile } from '../plan/choose-templates.js';
import { EVALUATION_TOOLS } from './tools.js';

interface Compiler { (document: unknown, catalogue: { get(name: string): never; names(): readonly string[] }): { readonly diagnostics: readonly DiagnosticDto[] } }

/** The given plan compiler over the evaluation's tools. */
export function evaluationCompile(compileDocument: Compiler): Compile {
  const declared = new Map(EVALUATION_TOOLS.map((t) => [t.name, {
    version: '1.0.0', idempotent: true, timeoutMs: 60_000, outputSchema: {}, service: 'evaluation', queue: 'evaluation', ...t,
    commands: t.name === 'run-command' ? [{ pointer: '/command', dialect: 'posix-shell' }] : t.name === 'run-powershell' ? [{ pointer: '/script', dialect: 'powershell' }] : [],
  }]));
  return (plan) => compileDocument(plan, { get: (name) => declared.get(name) as never, names: () => [...declared.keys()] }).diagnostics;
}
