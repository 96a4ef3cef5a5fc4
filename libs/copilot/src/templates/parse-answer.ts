import { UNITS, type AnswerDescription, type Column } from '../answer/answer.js';

const STEP = /^[A-Za-z_][\w-]{0,63}$/;
const KINDS: readonly AnswerDescription['kind'][] = ['value', 'count', 'groups', 'exists', 'assets', 'table', 'outcome'];
const MOST_COLUMNS = 50;

/** Reads how a template that a person adds answers. What it does not know is left out. @param wrong is told each mistake with its place; then the result must not be used */
export function parseAnswer(value: unknown, wrong: (pointer: string, message: string) => void): AnswerDescription {
  if (!isObject(value) || !(KINDS as readonly unknown[]).includes(value['kind']) || !isText(value['step'], 64) || !isText(value['subject'], 256)) {
    wrong('/answer', 'must say kind, step and subject');
    return { kind: 'outcome', step: '', subject: '' };
  }
  const { step, subject } = value;
  if (!STEP.test(step)) wrong('/answer/step', 'must be the id of a step');
  const named = (name: string): string => {
    if (!isText(value[name], 64)) wrong(`/answer/${name}`, 'must be the name of a field');
    return String(value[name]);
  };
  const kind = value['kind'] as AnswerDescription['kind'];
  switch (kind) {
    case 'value': return { kind, step, subject, field: named('field') };
    case 'groups': return { kind, step, subject, by: named('by') };
    case 'assets': {
      const fields = value['fields'];
      if (!Array.isArray(fields) || fields.length > MOST_COLUMNS || !fields.every((f) => isText(f, 64))) wrong('/answer/fields', `must be at most ${MOST_COLUMNS} names of fields`);
      return { kind, step, subject, fields: fields as string[] };
    }
    case 'table': return { kind, step, subject, columns: parseColumns(value['columns'] ?? [], wrong), ...(value['rows'] === undefined ? {} : { rows: named('rows') }) };
    case 'count': case 'exists': case 'outcome': return { kind, step, subject };
  }
}

function parseColumns(value: unknown, wrong: (pointer: string, message: string) => void): Column[] {
  if (!Array.isArray(value) || value.length > MOST_COLUMNS) {
    wrong('/answer/columns', `must be a list of at most ${MOST_COLUMNS} columns`);
    return [];
  }
  return value.flatMap((column: unknown, i): Column[] => {
    const at = `/answer/columns/${i}`;
    if (!isObject(column) || !isText(column['title'], 128) || !isText(column['path'], 256)) {
      wrong(at, 'must say title and path');
      return [];
    }
    const { title, path, unit, each } = column;
    if (unit !== undefined && !(UNITS as readonly unknown[]).includes(unit)) wrong(`${at}/unit`, `must be one of ${UNITS.join(', ')}`);
    return [{ title, path, ...(unit === undefined ? {} : { unit: unit as NonNullable<Column['unit']> }), ...(each === undefined ? {} : { each: parseEach(each, `${at}/each`, wrong) }) }];
  });
}

function parseEach(value: unknown, at: string, wrong: (pointer: string, message: string) => void): NonNullable<Column['each']> {
  const where = isObject(value) ? value['where'] : undefined;
  if (!isObject(value) || !isText(value['path'], 256) || (where !== undefined && (!isObject(where) || !Object.values(where).every((v) => isText(v, 256))))) {
    wrong(at, 'must say path, and may say where with texts');
    return { path: '' };
  }
  return { path: value['path'], ...(where === undefined ? {} : { where: where as Record<string, string> }) };
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= most;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
