import { readFile } from 'node:fs/promises';

/** One side effect on a simulated host: an execution of the program `ledger`, or a change that a cmdlet made. */
export interface LedgerEntry {
  readonly host: string;
  readonly argument: string;
  /** Unix time in milliseconds. */
  readonly at: number;
}

/** Reads the side effects of a fleet, oldest first. A file that is not there yet has none. */
export async function readLedger(file: string): Promise<LedgerEntry[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').filter((line) => line !== '').map((line) => {
    const [host, at, ...argument] = line.split(' ');
    return { host: host!, argument: argument.join(' '), at: Number(at) };
  });
}

/** A side effect as it stands in the file. */
export function ledgerLine({ host, at, argument }: LedgerEntry): string {
  return `${host} ${at} ${argument.replace(/[\r\n]+/g, ' ')}\n`;
}
