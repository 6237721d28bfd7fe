/** Lines of columns that stand under each other, the first flush left and numbers flush right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Where a figure was measured, as a part of a sentence. */
export const shownSizes = (sizes: Readonly<Record<string, number>>): string => {
  const shown = Object.entries(sizes).map(([name, size]) => `${name} ${size}`);
  return shown.length > 0 ? ` at ${shown.join(', ')}` : '';
};
