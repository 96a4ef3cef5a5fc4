/** A family of operating systems as people name it; it also says by which protocol its hosts are reached. */
export interface OsFamily {
  readonly key: string;
  readonly platform: 'linux' | 'windows';
  /** How it is named in sentences. */
  readonly said: RegExp;
  /** Which operating systems of an inventory belong to it. */
  readonly holds: RegExp;
}

const family = (key: string, platform: OsFamily['platform'], said: RegExp, holds = said): OsFamily => ({ key, platform, said, holds });

/** Narrow ones before wide ones: the first that is named is meant. */
export const OS_FAMILIES: readonly OsFamily[] = [
  family('Windows Server 2025', 'windows', /\b(?:windows\s+)?server\s+2025\b/i), family('Windows Server 2022', 'windows', /\b(?:windows\s+)?server\s+2022\b/i),
  family('Windows Server 2019', 'windows', /\b(?:windows\s+)?server\s+2019\b/i), family('Windows Server 2016', 'windows', /\b(?:windows\s+)?server\s+2016\b/i),
  family('Windows Server', 'windows', /\bwindows\s+servers?\b(?=\s+(?:os|edition|machines|hosts|boxes))/i, /\bwindows server\b/i),
  family('Windows 10', 'windows', /\b(?:windows|win)[\s-]?10\b/i), family('Windows 11', 'windows', /\b(?:windows|win)[\s-]?11\b/i),
  family('Windows', 'windows', /\bwindows\b/i),
  family('Ubuntu', 'linux', /\bubuntu\b/i), family('Debian', 'linux', /\bdebian\b/i), family('Red Hat', 'linux', /\b(?:red ?hat|rhel)\b/i), family('CentOS', 'linux', /\bcentos\b/i),
  family('Rocky', 'linux', /\brocky(?: linux)?\b/i), family('AlmaLinux', 'linux', /\balma ?linux\b/i), family('Fedora', 'linux', /\bfedora\b/i), family('SUSE', 'linux', /\b(?:open)?suse\b|\bsles\b/i), family('Alpine', 'linux', /\balpine\b/i),
  family('Linux', 'linux', /\b(?:linux|unix)\b/i, /\b(?:linux|unix|ubuntu|debian|red ?hat|rhel|centos|rocky|alma|fedora|suse|sles|alpine|arch|gentoo|oracle linux)\b/i),
];

/** The platform of an asset, undefined when neither its system nor its protocol tells. */
export function platformOf({ os, protocol }: { readonly os?: string; readonly protocol?: 'ssh' | 'winrm' }): 'linux' | 'windows' | undefined {
  const found = os === undefined ? undefined : OS_FAMILIES.find((f) => f.holds.test(os));
  return found?.platform ?? (protocol === 'winrm' ? 'windows' : protocol === 'ssh' ? 'linux' : undefined);
}
