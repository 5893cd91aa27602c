/** A table of text. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What one part found. */
export interface Report {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly how: string;
  readonly tables: readonly Table[];
  /** What follows from the tables, one sentence a line. */
  readonly notes?: readonly string[];
}

/** A report as Markdown, which reads well in a terminal too. */
export function markdownOf({ title, how, tables, notes = [] }: Report): string {
  const blocks = [`### ${title}`, how, ...tables.map(tableText)];
  if (notes.length > 0) blocks.push(notes.map((note) => `- ${note}`).join("\n"));
  return `${blocks.join("\n\n")}\n`;
}

/** The first column is text, the others are figures, which end at the right. */
function tableText({ columns, rows }: Table): string {
  const widths = columns.map((column, at) =>
    Math.max(3, column.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const cell = (text: string, at: number) =>
    at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0);
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  const rule = widths.map((width, at) =>
    at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(columns), line(rule), ...rows.map(line)].join("\n");
}

/** A whole number with commas. */
export const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

/** A number with one digit behind the point, or two where it is small. */
export const decimal = (value: number): string => value.toFixed(value < 2 ? 2 : 1);

/** A share as whole percents. */
export const percent = (value: number): string => `${Math.round(value * 100)} %`;

/** How often each status came. */
export function statusText(statuses: Readonly<Record<string, number>>): string {
  return Object.entries(statuses)
    .map(([status, count]) => `${whole(count)} × ${status}`)
    .join(", ");
}
