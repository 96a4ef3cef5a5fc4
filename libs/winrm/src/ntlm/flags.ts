/** Negotiate flags that we set or read (MS-NLMP 2.2.2.5). */
export const NTLM_FLAGS = {
  unicode: 0x0000_0001,
  requestTarget: 0x0000_0004,
  sign: 0x0000_0010,
  seal: 0x0000_0020,
  ntlm: 0x0000_0200,
  alwaysSign: 0x0000_8000,
  targetTypeServer: 0x0002_0000,
  extendedSessionSecurity: 0x0008_0000,
  targetInfo: 0x0080_0000,
  version: 0x0200_0000,
  key128: 0x2000_0000,
  keyExchange: 0x4000_0000,
  key56: 0x8000_0000,
} as const;

export type NtlmFlag = keyof typeof NTLM_FLAGS;

/** Some flags as one unsigned number. */
export function flagsOf(...flags: readonly NtlmFlag[]): number {
  return flags.reduce((all, flag) => (all | NTLM_FLAGS[flag]) >>> 0, 0);
}

export function hasFlag(flags: number, flag: NtlmFlag): boolean {
  return (flags & NTLM_FLAGS[flag]) !== 0;
}
