/**
 * The words of a capture filter (pcap-filter(7)) that mean no name to look up. Left out: `gateway`, which needs a name; `protochain`,
 * which loops; what only some link types and kernels know (`ifname`, `rnr`, `wlan`, `pppoes` and the like).
 */
export const BPF_WORDS: ReadonlySet<string> = new Set([
  'host', 'net', 'mask', 'port', 'portrange', 'src', 'dst', 'proto', 'and', 'or', 'not', 'less', 'greater', 'len', 'inbound', 'outbound', 'broadcast', 'multicast',
  'ether', 'ip', 'ip6', 'arp', 'rarp', 'tcp', 'udp', 'sctp', 'icmp', 'icmp6', 'igmp', 'igrp', 'pim', 'ah', 'esp', 'vrrp', 'carp', 'vlan', 'mpls',
  'icmptype', 'icmpcode', 'icmp6type', 'icmp6code', 'tcpflags',
  'icmp-echoreply', 'icmp-unreach', 'icmp-sourcequench', 'icmp-redirect', 'icmp-echo', 'icmp-routeradvert', 'icmp-routersolicit', 'icmp-timxceed', 'icmp-paramprob', 'icmp-tstamp', 'icmp-tstampreply',
  'icmp-ireq', 'icmp-ireqreply', 'icmp-maskreq', 'icmp-maskreply',
  'icmp6-echo', 'icmp6-echoreply', 'icmp6-destinationunreach', 'icmp6-packettoobig', 'icmp6-timeexceeded', 'icmp6-parameterproblem', 'icmp6-routersolicit', 'icmp6-routeradvert', 'icmp6-neighborsolicit',
  'icmp6-neighboradvert', 'icmp6-redirect',
  'tcp-fin', 'tcp-syn', 'tcp-rst', 'tcp-push', 'tcp-ack', 'tcp-urg', 'tcp-ece', 'tcp-cwr',
]);
