/** Tasks in CSV: one row for each submission; the rows of one task have the same reference. */
import { CsvError, type Info, parse } from 'csv-parse/sync';
import { UsageError } from '../commands/usage-error.ts';
import type { DataLine } from './data-line.ts';

/** Columns that are fields of the submission; any other is a field of the task. */
const submissionColumns: Readonly<Record<string, string>> = {
  miner: 'miner',
  output: 'output',
  commitment: 'commitment',
  label: 'label',
  'submission.modelDigest': 'modelDigest',
};
const numberColumns = ['seed', 'temperature'];
const jsonColumns = ['answerSchema'];
/** Columns whose empty cell is an empty text. */
const textColumns = ['prompt', 'output'];

interface Row {
  readonly where: string;
  readonly cells: Readonly<Record<string, string>>;
}

interface Rows {
  readonly first: Row;
  readonly all: Row[];
}

/** One entry for each task, in the order of their first rows. Throws {@link UsageError} if the text is not CSV. */
export function csvTasks(text: string, file: string): DataLine[] {
  const tasks = new Map<string, Rows>();
  for (const row of rowsOf(text, file)) {
    const reference = row.cells.reference ?? row.cells.task ?? '';
    const known = tasks.get(reference);
    if (known === undefined) tasks.set(reference, { first: row, all: [row] });
    else known.all.push(row);
  }
  return [...tasks.values()].map(taskOf);
}

function taskOf({ first, all }: Rows): DataLine {
  const names = Object.keys(first.cells).filter((name) => submissionColumns[name] === undefined);
  for (const row of all) {
    const other = names.find((name) => row.cells[name] !== '' && row.cells[name] !== first.cells[name]);
    if (other !== undefined) return { where: row.where, fault: `has another ${other} than ${first.where}` };
  }
  const submissions = all.map(({ cells }) =>
    Object.fromEntries(
      Object.entries(submissionColumns).flatMap(([column, field]) => entryOf(field, column, cells[column])),
    ),
  );
  const fields = names.flatMap((name) => entryOf(name, name, first.cells[name]));
  const value = { ...Object.fromEntries(fields), submissions };
  return { where: first.where, value, parts: all.map(({ where }) => where) };
}

/** A field with its value; none for an empty cell. */
function entryOf(field: string, column: string, cell: string | undefined): [string, unknown][] {
  if (cell === undefined || (cell === '' && !textColumns.includes(column))) return [];
  const isNumber = numberColumns.includes(column) && Number.isFinite(Number(cell));
  return [[field, isNumber ? Number(cell) : jsonColumns.includes(column) ? jsonOf(cell) : cell]];
}

/** The value of a cell, or its text, which the field's own rule refuses. */
function jsonOf(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

function rowsOf(text: string, file: string): Row[] {
  const header = text.slice(0, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n'));
  const delimiter = [',', ';', '\t'].find((one) => header.includes(one)) ?? ',';
  const options = { bom: true, columns: true, delimiter, info: true, raw: true, skip_empty_lines: true } as const;
  let read: { readonly info: Info; readonly record: Record<string, string>; readonly raw: string }[];
  try {
    read = parse(text, options) as unknown as typeof read;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UsageError(`${file}, line ${Number(error.lines)} ${csvFaults[error.code] ?? 'is not CSV'}.`, {
      cause: error,
    });
  }
  for (const [name, same] of [['reference', 'task'], ['prompt'], ['miner'], ['output']] as const) {
    const columns = Object.keys(read[0]?.record ?? {});
    if (read.length > 0 && !columns.includes(name) && !columns.includes(same ?? name))
      throw new UsageError(`${file} has no column ${name}; its first line must name the columns.`);
  }
  return read.map(({ info, record, raw }) => {
    const line = info.lines - (raw.trimEnd().split('\n').length - 1);
    return { where: `${file}, line ${line}`, cells: record };
  });
}

const csvFaults: Readonly<Record<string, string>> = {
  CSV_RECORD_INCONSISTENT_COLUMNS: 'has a different number of cells than the first line',
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'has a different number of cells than the first line',
  CSV_QUOTE_NOT_CLOSED: 'has a quote that is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'has a quote in the middle of a cell; double it',
  INVALID_OPENING_QUOTE: 'has a quote in the middle of a cell; double it',
};
