const WIDTH = 24;
const DONE = ['succeeded', 'failed', 'unknown', 'skipped', 'cancelled'];

/**
 * Shows the steps of a run as they go: bars redrawn in place on a terminal, else one line for every change.
 * @param {NodeJS.WriteStream} out
 * @returns {(run: { steps: { id: string, tool: string, status: string, total: number | null, counts: Record<string, number> }[] }) => void}
 */
export function progressOn(out) {
  let drawn = 0;
  let before = [];
  return ({ steps }) => {
    const width = Math.max(...steps.map((s) => s.id.length));
    const lines = steps.map((s) => `  ${s.id.padEnd(width)}  ${lineOf(s)}`);
    if (out.isTTY) {
      out.write(`${drawn > 0 ? `\x1b[${drawn}A` : ''}${lines.map((l) => `\x1b[2K${l}\n`).join('')}`);
      drawn = lines.length;
    } else {
      for (const [i, line] of lines.entries()) if (line !== before[i]) out.write(`${line}\n`);
      before = lines;
    }
  };
}

function lineOf({ tool, status, total, counts }) {
  const done = DONE.reduce((sum, s) => sum + (counts[s] ?? 0), 0);
  const ended = !['waiting', 'running'].includes(status);
  const share = total ? done / total : ended ? 1 : 0;
  const filled = Math.round(share * WIDTH);
  const bad = ['failed', 'unknown'].filter((s) => counts[s] > 0).map((s) => `, ${counts[s]} ${s}`).join('');
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${total === null ? status : `${done}/${total}`} ${tool}${bad}`;
}
