import type { Sentence } from '../text/sentence.js';
import { FLEET } from './read-selection.js';
import type { Selection } from './selection.js';

const KNOWN = /^(?:nginx|apache2?|httpd|caddy|haproxy|traefik|varnish|envoy|postgres(?:ql)?|mysqld?|mariadb|mongod?b?|redis(?:-server)?|memcached|rabbitmq(?:-server)?|kafka|zookeeper|elasticsearch|opensearch|logstash|kibana|grafana(?:-server)?|prometheus|node_exporter|influxdb|tomcat\d*|jenkins|gitlab|docker|containerd|kubelet|sshd?|crond?|rsyslogd?|systemd-[a-z]+|networkmanager|firewalld|ufw|fail2ban|postfix|dovecot|exim4?|bind9|named|unbound|dnsmasq|chronyd?|ntpd?|vsftpd|smbd|nmbd|php[\d.]*-fpm|squid|openvpn|auditd|spooler|w32time|w3svc|iisadmin|iis|mssqlserver|sqlserveragent|wuauserv|winrm|bits|dhcp|dnscache|eventlog|lanmanserver|termservice|msmq)$/i;
const NAME = /^[A-Za-z_][A-Za-z0-9_.@:$-]{0,127}$/;
const PATTERNS: readonly RegExp[] = [
  /\b(?:restart|bounce|recycle|reload|start|stop|restarting|bouncing)\s+(?:the\s+|of\s+)?(?:(?:service|daemon)\s+)?([\w.@:$-]+)/i,
  /\b(?:service|daemon|unit)\s+(?:named\s+|called\s+)?([\w.@:$-]+)/i,
  /\b([\w.@:$-]+)\s+(?:service|daemon|unit)\b/i,
  /\b(?:status|state|health)\s+of\s+(?:the\s+)?([\w.@:$-]+)/i,
  /\b(?:is|are|whether|if|does|that)\s+(?:the\s+)?([\w.@:$-]+)\s+(?:is\s+|service\s+)?(?:up|running|active|alive|stopped|down|healthy|dead|started|run)\b/i,
  /\b([\w.@:$-]+)\s+(?:status|state)\b/i,
  /\b(?:where|hosts?|servers?)\s+(?:is\s+|does\s+)?([\w.@:$-]+)\s+(?:is\s+)?(?:running|run|stopped|down)\b/i,
];
const NO_SERVICE = /^(?:the|a|an|all|any|every|each|it|is|are|service|services|daemon|on|at|for|of|in|and|or|my|our|this|that|these|those|there|what|which|whether|status|state|health|check|show|get|restart|restarting|start|stop|windows|linux|everything|them|to|not|with|run|running|something|some|asset|assets|inventory|run|port|ports|host|hosts|failed|stopped|auto|automatic|system|current|now|please|it's|by|called|named|but|except|anything|nothing)$/i;

const MOST = 8;

/** The service that a sentence names, as it is spelled there; a well-known one that is shouted is in small letters. */
export function readService(sentence: Sentence, selection: Selection): string | undefined {
  const found = firstService(sentence, selection);
  return found !== undefined && KNOWN.test(found) && found === found.toUpperCase() ? found.toLowerCase() : found;
}

/** Further services that are named in one breath with a service: `nginx, haproxy and sshd`. With `either` they are joined by `or`. */
export function furtherServices(sentence: Sentence, selection: Selection, first: string): { readonly names: readonly string[]; readonly either: boolean } {
  const names: string[] = [];
  let either = false;
  const start = sentence.plain.toLowerCase().indexOf(first.toLowerCase());
  let rest = start < 0 ? '' : sentence.plain.slice(start + first.length);
  while (names.length < MOST) {
    const next = /^(?:\s+services?)?\s*(?:,\s*(?:and\s+|or\s+)?|\b(?:and|or|plus)\s+|[&/+]\s*)(?:the\s+|also\s+)?([\w.@:$-]+)(?=\s+(?:on|at|in|for|across|and|or|services?|daemons?|there|running|up|down|active|stopped|alive|is|are)\b|\s*[,&/+]|\s*$)/i.exec(rest);
    const word = next?.[1]?.replace(/[.:]+$/, '');
    if (!next || !isService(word, selection)) break;
    either ||= /\bor\b/i.test(next[0]);
    names.push(KNOWN.test(word) && word === word.toUpperCase() ? word.toLowerCase() : word);
    rest = rest.slice(next[0].length);
  }
  return { names, either };
}

function isService(word: string | undefined, selection: Selection): word is string {
  if (word === undefined || !NAME.test(word) || NO_SERVICE.test(word) || FLEET.test(word.toLowerCase())) return false;
  return ![...selection.hosts, ...selection.tags, ...selection.unknownHosts, ...selection.locations, ...selection.environments].some((v) => v.toLowerCase() === word.toLowerCase());
}

function firstService(sentence: Sentence, selection: Selection): string | undefined {
  const fits = (word: string | undefined): word is string => isService(word, selection);
  for (const pattern of PATTERNS) {
    for (const match of sentence.plain.matchAll(new RegExp(pattern, 'gi'))) {
      const word = match[1]?.replace(/[.:]+$/, '');
      if (fits(word)) return word;
    }
  }
  const quoted = sentence.quotes.map((q) => q.text).find((t) => fits(t));
  return quoted ?? sentence.plain.split(/[\s,;?!()]+/).find((w) => KNOWN.test(w) && fits(w));
}
