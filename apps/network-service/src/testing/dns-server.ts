import { createSocket } from 'node:dgram';

/** Number of each record type (RFC 1035, 2782, 3596). */
const TYPES: Readonly<Record<number, string>> = { 1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 12: 'PTR', 15: 'MX', 16: 'TXT', 28: 'AAAA', 33: 'SRV' };

/** Response codes (RFC 1035, section 4.1.1). */
export const RCODE = { noError: 0, servFail: 2, nxDomain: 3, refused: 5 } as const;

/** An answer: the data of its records, or a response code. `silent` never answers. */
export type DnsAnswer = readonly Buffer[] | (typeof RCODE)[keyof typeof RCODE] | 'silent';

/** A name as labels with their lengths. */
export function wireName(name: string): Buffer {
  return Buffer.concat([...name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'ascii')]), Buffer.from([0])]);
}

/** Starts a DNS server on loopback that gives `answers['<type> <name>']`, and NXDOMAIN for everything else. */
export async function startDnsServer(answers: Readonly<Record<string, DnsAnswer>>): Promise<{ port: number; asked: string[]; stop(): Promise<void> }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (message, from) => {
    const { question, name, type } = readQuestion(message);
    const key = `${TYPES[type] ?? type} ${name}`;
    asked.push(key);
    const answer = answers[key] ?? RCODE.nxDomain;
    if (answer === 'silent') return;
    const records = typeof answer === 'number' ? [] : answer.map((data) => record(type, data));
    const header = Buffer.alloc(12);
    message.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (typeof answer === 'number' ? answer : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([header, question, ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { port: socket.address().port, asked, stop: () => new Promise((resolve) => socket.close(() => resolve())) };
}

function readQuestion(message: Buffer): { question: Buffer; name: string; type: number } {
  const labels: string[] = [];
  let at = 12;
  while (message[at]! > 0) {
    const end = at + 1 + message[at]!;
    labels.push(message.toString('ascii', at + 1, end));
    at = end;
  }
  return { question: message.subarray(12, at + 5), name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1) };
}

/** Name (a pointer to the question), type, class IN, 300 seconds, data. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(300, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
