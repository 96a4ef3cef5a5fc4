import { ToolFailure } from '@opsmesh/contracts';
import { type Cidr, formatCidr, isSingle } from '../targets/cidr.js';
import { quoted } from '../targets/target.js';
import { BPF_WORDS } from './bpf-words.js';

/** MAC address, IPv6 address or network, IPv4 address or network, number or range, word, operator. To tcpdump what begins with digits and goes on with letters is one host name (`3or`). */
const TOKEN = /(?<mac>(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}(?![\w:.-]))|(?<ipv6>(?=[0-9a-f]*:[0-9a-f:.]*:)[0-9a-f:.]+(?:\/\d{1,3})?(?![\w.-]))|(?<ipv4>\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?![\w.-]))|(?<number>(?:0x[0-9a-f]+|\d+(?:-\d+)?)(?![\w.-]))|(?<word>[a-z][a-z0-9]*(?:-[a-z0-9]+)*)|(?<operator>&&|\|\||==|!=|<=|>=|<<|>>|[()[\]:!=<>&|+\-*/%^])|(?<space> +)/iy;

/**
 * Checks the words of a capture filter before any program sees it: addresses, numbers, operators and the words of pcap-filter(7).
 * A host name is none of them, so nothing is ever looked up; the name of a service may follow `port`.
 * @throws ToolFailure `input-invalid`
 */
export function checkFilterWords(filter: string): void {
  let before = '';
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < filter.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(filter);
    if (!token) throw new ToolFailure('input-invalid', `the filter has ${quoted(filter[at]!)} at position ${at}, which no filter has`);
    if (token.groups!['space'] !== undefined) continue;
    const word = token.groups!['word'];
    if (word !== undefined && !BPF_WORDS.has(word.toLowerCase()) && before !== 'port') {
      throw new ToolFailure('input-invalid', `the filter has the word ${quoted(word)}: host names are not looked up, so give addresses, and the words of pcap-filter(7)`);
    }
    before = token[0];
  }
}

/** Whose traffic may be in a capture. */
export interface CaptureScope {
  /** At least one address or network; one end of every packet is in one of them. */
  readonly within: readonly Cidr[];
  /** Neither end of any packet is in one of them. */
  readonly without: readonly Cidr[];
}

/**
 * Puts a filter under what may be captured at all. The filter must be one that tcpdump takes by itself: then its parentheses close what
 * they open, and it can't end the ones that are put around it.
 *
 * The scope comes first, because some words (`vlan`, `mpls`) change how everything after them is read. `not host 0.0.0.0` (no network
 * of ours holds that address) stands between, because an address without a word takes over the word before it.
 */
export function scopedFilter(filter: string | undefined, scope: CaptureScope): string {
  const within = `(${scope.within.map(term).join(' or ')})`;
  const without = scope.without.map((cidr) => ` and not ${term(cidr)}`).join('');
  return `${within}${without}${filter === undefined ? '' : ` and not host 0.0.0.0 and ( ${filter} )`}`;
}

function term(cidr: Cidr): string {
  return `${isSingle(cidr) ? 'host' : 'net'} ${formatCidr(cidr)}`;
}
