import { plainArray, split, textArray } from './arrays.js';

/** A prepared statement with its parameters, as the driver takes it. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** A column of a set of rows: where its values come from, and how they get into the statement as one array. */
export interface Column<Row> {
  readonly of: (row: Row) => unknown;
  readonly kind: ColumnKind;
}

interface ColumnKind {
  /** SQL of the array, given its parameter, e.g. `$3`. */
  readonly sql: (parameter: string) => string;
  readonly encode: (values: readonly never[]) => unknown;
}

const plain = (type: string): ColumnKind => ({ sql: (p) => `${p}::${type}[]`, encode: plainArray });
const UUID = plain('uuid');
const INT = plain('int');
const BIGINT = plain('bigint');
const FLOAT = plain('float8');
const BOOL = plain('bool');
const WORD = plain('text');
const TEXT: ColumnKind = { sql: (p) => `${p}::text[]`, encode: (values) => values };
const JSON_TEXT: ColumnKind = { sql: (p) => split(`${p}::text`), encode: textArray };
const LIST: ColumnKind = { sql: (p) => split(`${p}::text`), encode: (lists: readonly (readonly (string | number)[])[]) => textArray(lists.map(plainArray)) };
const JSON_VALUE: ColumnKind = { sql: (p) => `${split(`${p}::text`)}::json[]`, encode: textArray };

/** Makes columns of rows, by the type of their values. All may be null. */
export interface Columns<Row> {
  uuid(of: (row: Row) => string | null): Column<Row>;
  int(of: (row: Row) => number | null): Column<Row>;
  bigint(of: (row: Row) => number | null): Column<Row>;
  float(of: (row: Row) => number | null): Column<Row>;
  bool(of: (row: Row) => boolean | null): Column<Row>;
  /** Words of our own: see {@link plainArray}. */
  word(of: (row: Row) => string | null): Column<Row>;
  /** What people or hosts wrote. */
  text(of: (row: Row) => string | null): Column<Row>;
  /** Numbers, uuids or words of our own, as the text of an array, which the statement casts (`v.ids::uuid[]`): `unnest` takes no array of arrays. */
  list(of: (row: Row) => readonly (string | number)[]): Column<Row>;
  /** JSON, written already. */
  json(of: (row: Row) => string | null): Column<Row>;
  /** JSON that the table keeps as text. */
  jsonText(of: (row: Row) => string | null): Column<Row>;
}

const anyColumns: Columns<never> = {
  uuid: (of) => ({ of, kind: UUID }), int: (of) => ({ of, kind: INT }), bigint: (of) => ({ of, kind: BIGINT }), float: (of) => ({ of, kind: FLOAT }), bool: (of) => ({ of, kind: BOOL }),
  word: (of) => ({ of, kind: WORD }), text: (of) => ({ of, kind: TEXT }), list: (of) => ({ of, kind: LIST }), json: (of) => ({ of, kind: JSON_VALUE }), jsonText: (of) => ({ of, kind: JSON_TEXT }),
};

function columns<Row>(): Columns<Row> {
  return anyColumns as unknown as Columns<Row>;
}

/** Names the parameters of a statement while its text is written. */
export interface Given<Input> {
  /** `unnest(...) as v(<names of the columns>)`: rows given as one array a column. With `ordinal`, one more column counts them from 1. */
  rows<Row>(of: (input: Input) => readonly Row[], columns: (column: Columns<Row>) => Readonly<Record<string, Column<Row>>>, ordinal?: string): string;
  /** One value: `$n`. */
  value(of: (input: Input) => unknown): string;
}

/**
 * A prepared statement whose parameters stand beside where they are used.
 *
 * @param name of the prepared statement: one for each text
 * @param write gives the text, once
 * @returns the statement for an input
 */
export function statement<Input>(name: string, write: (given: Given<Input>) => string): (input: Input) => PreparedStatement {
  const parts: ((input: Input, values: unknown[]) => void)[] = [];
  let count = 0;
  const text = write({
    rows: <Row>(of: (input: Input) => readonly Row[], name: (column: Columns<Row>) => Readonly<Record<string, Column<Row>>>, ordinal?: string) => {
      const named = name(columns<Row>());
      const all = Object.values(named);
      parts.push((input, values) => {
        const rows = of(input);
        for (const { of: valueOf, kind } of all) values.push(kind.encode(rows.map(valueOf) as never[]));
      });
      const names = [...Object.keys(named), ...(ordinal ? [ordinal] : [])];
      return `unnest(${all.map(({ kind }) => kind.sql(`$${++count}`)).join(', ')})${ordinal ? ' with ordinality' : ''} as v(${names.join(', ')})`;
    },
    value: (of) => {
      parts.push((input, values) => { values.push(of(input)); });
      return `$${++count}`;
    },
  });
  return (input) => {
    const values: unknown[] = [];
    for (const part of parts) part(input, values);
    return { name, text, values };
  };
}
