import type { CompiledStep } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import { maskInputs } from './mask-inputs.js';

/** Bound inputs as people may see them; null where they could not be bound. */
export type InputMask = (inputs: Record<string, unknown> | null) => Record<string, unknown> | null;

/** What every view of a step's items puts their inputs through: secrets by their names, and by what the step's tool declares now. */
export async function inputMask(pool: Pool, step: CompiledStep): Promise<InputMask> {
  const schema = step.kind === 'tool' ? await inputSchema(pool, step.tool) : {};
  return (inputs) => inputs && maskInputs(inputs, schema);
}

async function inputSchema(pool: Pool, tool: string): Promise<Record<string, unknown>> {
  const { rows } = await pool.query<{ schema: Record<string, unknown> | null }>({ name: 'input-schema', text: `select declaration->'inputSchema' as schema from orchestrator.tools where name = $1`, values: [tool] });
  return rows[0]?.schema ?? {};
}
