/** Bytes as people read them: 1024-based, three digits. */
export function humanBytes(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let n = bytes;
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 ? n : n.toPrecision(3)} ${units[unit]}`;
}

/**
 * A table as text. A column whose title begins with a blank is set flush right; the last one is not padded otherwise.
 * @param {string[]} titles
 * @param {string[][]} rows
 */
export function table(titles, rows) {
  const all = [titles.map((t) => t.trim()), ...rows];
  const widths = titles.map((_, i) => Math.max(...all.map((r) => r[i].length)));
  const line = (r) => r.map((cell, i) => (titles[i].startsWith(' ') ? cell.padStart(widths[i]) : i === r.length - 1 ? cell : cell.padEnd(widths[i]))).join('  ').trimEnd();
  const last = titles.at(-1).startsWith(' ') ? widths.at(-1) : Math.max(titles.at(-1).length, 8);
  return [line(all[0]), widths.slice(0, -1).concat(last).map((w) => '-'.repeat(w)).join('  '), ...rows.map(line)].map((l) => `  ${l}`).join('\n');
}
