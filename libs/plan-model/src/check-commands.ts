import type { CommandDialect } from '@opsmesh/contracts';
import type { CatalogueTool } from './catalogue.js';
import { planEmbedding } from './commands/embed-command.js';
import { UnsafeEmbedding } from './commands/unsafe-embedding.js';
import type { Findings } from './diagnostics.js';
import { pointerOf, valueAt } from './json-pointer.js';
import type { Json, JsonObject } from './plan.js';
import { parseTemplate, referencesIn, referenceText, type Reference } from './references.js';
import { inputName } from './scope.js';

/** Checks that values in commands stand where they can be one piece of data. */
export function checkCommands(tool: CatalogueTool, inputs: JsonObject, { pointer, findings }: { pointer: string; findings: Findings }): void {
  for (const command of tool.commands) {
    const above = referenceAbove(inputs, command.pointer);
    if (above) refuseWhole(above.reference, pointer + above.pointer, findings);
    const value = valueAt(inputs, command.pointer);
    if (value !== undefined) checkCommand(value, { dialect: command.dialect, at: pointer + command.pointer, findings });
  }
}

/** The inputs of the plan that are whole commands of the tool, or hold one. */
export function commandInputsOf(tool: CatalogueTool, inputs: JsonObject): string[] {
  const isCommand = (pointer: string): boolean => tool.commands.some((c) => `${c.pointer}/`.startsWith(`${pointer}/`) || pointer.startsWith(`${c.pointer}/`));
  return referencesIn(inputs).filter((r) => r.whole && isCommand(r.pointer)).map((r) => inputName(r.reference)).filter((name) => name !== undefined);
}

function checkCommand(value: Json, { dialect, at, findings }: { dialect: CommandDialect; at: string; findings: Findings }): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, v] of Object.entries(value)) checkCommand(v, { dialect, at: `${at}/${pointerOf(key)}`, findings });
    return;
  }
  if (typeof value !== 'string') return;
  // A command that looks other than it runs ("Trojan source") can't be reviewed.
  if (/[\u202A-\u202E\u2066-\u2069]/.test(value)) findings.error('invalid-value', at, 'a command may not hold characters that change the direction of text');
  const template = parseTemplate(value);
  if (template.kind === 'reference') refuseWhole(template.reference, at, findings);
  if (template.kind !== 'mixed') return;
  try {
    planEmbedding(dialect, template.parts);
  } catch (e) {
    if (!(e instanceof UnsafeEmbedding)) throw e;
    findings.error('command-reference-unsafe', at, e.message);
  }
}

function refuseWhole(reference: Reference, at: string, findings: Findings): void {
  if (reference.root === 'input') return;
  findings.error('command-from-value', at, `the whole command would come from ${referenceText(reference)}: write the command and put the value into it as an argument`);
}

/** The reference that stands in the place of something that holds the command. */
function referenceAbove(inputs: JsonObject, pointer: string): { readonly reference: Reference; readonly pointer: string } | undefined {
  for (let end = pointer.lastIndexOf('/'); end > 0; end = pointer.lastIndexOf('/', end - 1)) {
    const value = valueAt(inputs, pointer.slice(0, end));
    const template = typeof value === 'string' ? parseTemplate(value) : undefined;
    if (template?.kind === 'reference') return { reference: template.reference, pointer: pointer.slice(0, end) };
  }
  return undefined;
}
