/** A Markdown table with columns of one width; the first row is its head. */
export function padded([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill: string) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, fill)).join(' | ')} |\n`;
  return [line(head, ' '), line([], '-'), ...rows.map((row) => line(row, ' '))].join('');
}
