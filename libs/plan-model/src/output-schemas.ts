import type { CatalogueTool } from './catalogue.js';
import type { StepBody } from './parsed-plan.js';
import type { CompiledPlan } from './plan.js';
import type { Schema } from './schema-walk.js';

/** What is known of a step's output, of one item, before its mapping. */
export interface StepOutput {
  /** JSON Schema; undefined when nothing is known. */
  readonly schema: Schema | undefined;
  /** The field that is its list. */
  readonly list: string | undefined;
}

const text: Schema = { type: 'string' };
const maybeText: Schema = { type: ['string', 'null'] };

function object(properties: Record<string, Schema>): StepOutput {
  return { schema: { type: 'object', additionalProperties: false, properties }, list: undefined };
}

/** The output of each kind; of a tool and of a sub-plan it is what they declare. */
export function outputOf(body: StepBody, { tool, plan }: { tool: CatalogueTool | undefined; plan: CompiledPlan | undefined }): StepOutput {
  switch (body.kind) {
    case 'tool': return { schema: tool?.outputSchema, list: tool?.listOutput };
    case 'branch': return object({ arm: { type: ['integer', 'null'] } });
    case 'loop': return object({ iterations: { type: 'integer' } });
    case 'approval': return object({ decision: text, by: { type: 'array', items: text }, at: text, comment: maybeText });
    case 'decide': return object({ choice: text, by: text });
    case 'wait': return body.ms === null ? object({ payload: {} }) : object({});
    case 'orchestration': return object({ run: text, status: text, steps: plan ? childOutputs(plan) : { type: 'object' } });
  }
}

/** The outputs of a child run's own steps, by id. */
function childOutputs({ steps }: CompiledPlan): Schema {
  const named = steps.filter((s) => !s.scope && !s.guard).map((s): [string, Schema] => [s.id, {}]);
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(named) };
}
