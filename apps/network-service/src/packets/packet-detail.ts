import { ToolFailure } from '@opsmesh/contracts';
import type { LayerDto, LayerFieldDto } from './tshark.dto.js';

/** Most fields told of one packet, and most characters of one value. */
const MOST_FIELDS = 2000;
const MOST_CHARACTERS = 2000;

/**
 * Reads the line of one packet of `tshark -T ek`: its layers, outermost first.
 * @returns also whether fields or ends of values were left out
 * @throws ToolFailure `output-invalid`
 */
export function readPacketDetail(line: string): { readonly layers: LayerDto[]; readonly truncated: boolean } {
  let layers: unknown;
  try {
    ({ layers } = JSON.parse(line) as { layers?: unknown });
  } catch {
    throw broken();
  }
  if (!isObject(layers)) throw broken();
  let left = MOST_FIELDS;
  let truncated = false;
  const read = Object.entries(layers).flatMap(([protocol, content]) => (Array.isArray(content) ? content as unknown[] : [content]).map((one): LayerDto => {
    const fields = fieldsOf(isObject(one) ? one : { [protocol]: one }, `${protocol}_`);
    const kept = fields.slice(0, left).map((field) => ({ name: field.name, value: field.value.slice(0, MOST_CHARACTERS) }));
    left -= kept.length;
    truncated ||= kept.length < fields.length || fields.some((field) => field.value.length > MOST_CHARACTERS);
    return { protocol, fields: kept };
  }));
  return { layers: read, truncated };
}

/** Fields inside fields come after the one they are in; a field with several values comes several times. */
function fieldsOf(node: Record<string, unknown>, prefix: string): LayerFieldDto[] {
  return Object.entries(node).flatMap(([key, value]): LayerFieldDto[] => {
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    return (Array.isArray(value) ? value as unknown[] : [value]).flatMap((one) => (isObject(one) ? fieldsOf(one, prefix) : [{ name, value: one === null ? '' : String(one) }]));
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(): ToolFailure {
  return new ToolFailure('output-invalid', 'tshark wrote a line that is no packet');
}
