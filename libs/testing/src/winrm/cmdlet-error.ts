/** An error as PowerShell gives it: a name of ErrorCategory, the error's id, and whether the cmdlet had begun to change something. */
export class CmdletError extends Error {
  constructor(readonly category: string, readonly id: string, message: string, readonly acted = false) {
    super(message);
  }
}

/** What a cmdlet was given, as JSON told it. */
export type CmdletData = Readonly<Record<string, unknown>>;

export const textOf = (data: CmdletData, name: string): string | undefined => (typeof data[name] === 'string' ? data[name] : undefined);
export const numberOf = (data: CmdletData, name: string): number | undefined => (typeof data[name] === 'number' ? data[name] : undefined);
export const flagOf = (data: CmdletData, name: string): boolean | undefined => (typeof data[name] === 'boolean' ? data[name] : undefined);
export const listOf = (data: CmdletData, name: string): readonly unknown[] | undefined => (Array.isArray(data[name]) && data[name].length > 0 ? data[name] as unknown[] : undefined);

/** Whether a name fits a PowerShell wildcard pattern with `*` and `?`, in any case. No pattern fits everything. */
export function like(name: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'isu').test(name);
}

export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
