import type { CatalogueTool } from './catalogue.js';
import type { Findings } from './diagnostics.js';
import { embedInCommand, UnsafeEmbedding } from './embed-command.js';
import { valueAt } from './json-pointer.js';
import type { JsonObject } from './plan.js';
import { parseTemplate } from './references.js';

/** Checks that values in commands stand where they can be one piece of data. */
export function checkCommands(tool: CatalogueTool, inputs: JsonObject, { pointer, findings }: { pointer: string; findings: Findings }): void {
  for (const command of tool.commands) {
    const text = valueAt(inputs, command.pointer);
    if (typeof text !== 'string') continue;
    const template = parseTemplate(text);
    const at = pointer + command.pointer;
    if (template.kind === 'reference' && template.reference.root !== 'input') {
      findings.error('command-from-value', at, `the whole command would come from <<${template.reference.text}>>: write the command and put the value into it as an argument`);
    }
    if (template.kind !== 'mixed') continue;
    try {
      embedInCommand(command.dialect, template.parts.map((p) => (typeof p === 'string' ? p : { value: 'value' })));
    } catch (e) {
      if (!(e instanceof UnsafeEmbedding)) throw e;
      findings.error('command-reference-unsafe', at, e.message);
    }
  }
}
