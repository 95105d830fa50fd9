/** One entry of a user's data file. */

/** A non-empty line: its value, or what is wrong with it; `where` is `<file>, line <n>`. */
export type DataLine =
  | {
      readonly where: string;
      readonly value: unknown;
      /** In CSV, where a task has several rows: that of each submission. */
      readonly parts?: readonly string[];
    }
  | { readonly where: string; readonly fault: string };
