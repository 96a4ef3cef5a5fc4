import { createSocket, type Socket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolFailure, validate } from '@opsmesh/contracts';
import { Capabilities, probeCapabilities } from '../capabilities.js';
import { TcpdumpInput, TcpdumpOutput } from '../capture/tcpdump.dto.js';
import { CaptureReader } from '../packets/capture-reader.js';
import {
  CaptureInput, ConversationsInput, ConversationsOutput, PacketInput, PacketOutput, PacketsInput, PacketsOutput, SummaryOutput, TopTalkersInput, TopTalkersOutput,
} from '../packets/tshark.dto.js';
import { groupIsAlive } from '../process/process-group.js';
import { admissionWith } from '../testing/admission.js';
import { FileStore } from '../testing/file-store.js';
import { describeInLab, makeLab, type Lab } from '../testing/lab.js';
import { bytesWritten, processesWith } from '../testing/processes.js';
import { toolCall } from '../testing/tool-call.js';
import { TcpdumpTool } from './tcpdump.js';
import { TsharkTools } from './tshark.js';

/** What hostile input would make. */
const CANARY = join(tmpdir(), `opsmesh-canary-${process.pid}`);
/** Ethernet, IPv4 and UDP headers, in bytes. */
const HEADERS = 14 + 20 + 8;

describeInLab('/usr/bin/tcpdump', '/usr/bin/tshark')('captures', () => {
  const files = new FileStore();
  let lab: Lab;
  let capabilities: Capabilities;
  let tcpdump: TcpdumpTool;
  let tshark: TsharkTools;
  let socket: Socket;

  beforeAll(async () => {
    lab = await makeLab();
    await files.start();
    capabilities = await probeCapabilities();
    tcpdump = new TcpdumpTool(capabilities, admissionWith(), files.client());
    tshark = new TsharkTools(new CaptureReader(capabilities, files.client()), admissionWith());
    socket = createSocket('udp4');
    // tshark takes no known protocol to be at this port.
    await new Promise<void>((resolve) => socket.bind(40_000, lab.self, resolve));
  });
  afterAll(async () => {
    socket.close();
    await files.stop();
    await lab.stop();
  });

  const call = (fields: object, signal?: AbortSignal) => toolCall(validate(TcpdumpInput, { interface: lab.interface, duration: 20, ...fields }), signal);
  /** Resolves when the capture listens. */
  const listening = async ({ context }: ReturnType<typeof call>): Promise<void> => {
    while (!context.news.some(({ message }) => message?.startsWith('listening'))) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  /** Sends one datagram and waits until it came back. */
  const echo = (bytes: number, to: string): Promise<void> => new Promise((resolve) => {
    socket.once('message', () => resolve());
    socket.send(Buffer.alloc(bytes, 'x'), 9999, to);
  });
  const capture = async (fields: object, traffic: () => Promise<void>): Promise<TcpdumpOutput> => {
    const one = call(fields);
    const running = tcpdump.run(one);
    await Promise.race([listening(one), running]);
    await traffic();
    return validate(TcpdumpOutput, await running);
  };
  const tsharkCall = <I extends object>(type: new () => I, fields: object) => toolCall(validate(type, fields));

  describe('known traffic', () => {
    let captureId: string;
    let output: TcpdumpOutput;
    let port: number;
    beforeAll(async () => {
      ({ port } = socket.address());
      output = await capture({ filter: 'udp port 9999', maxPackets: 10 }, async () => {
        for (const bytes of [100, 200, 300]) await echo(bytes, lab.web);
        for (const bytes of [50, 50]) await echo(bytes, lab.wall);
      });
      captureId = output.capture!.id;
    });

    it('leaves protected hosts out, also where a translator stands for them', () => {
      expect(output.filter).toContain(' and not host 169.254.169.254 and not host 64:ff9b::a9fe:a9fe ');
    });

    it('is kept as a file of the run, with its type', () => {
      expect(output).toMatchObject({ interface: lab.interface, packets: 10, dropped: 0, endedBy: 'packets', partial: false, capture: { mediaType: 'application/vnd.tcpdump.pcap' } });
      const kept = files.kept.get(captureId)!;
      expect([kept.attempt, kept.mediaType, kept.bytes.length]).toEqual([call({}).context.attempt.id, 'application/vnd.tcpdump.pcap', output.capture!.bytes]);
      expect(output.capture!.href).toBe(`/runs/${call({}).context.attempt.runId}/blobs/${captureId}`);
    });

    it('has exactly these conversations', async () => {
      const answer = validate(ConversationsOutput, await tshark.conversations(tsharkCall(ConversationsInput, { captureId, layer: 'udp' })));
      const times = { startedAt: expect.any(String), durationMs: expect.any(Number) };
      const bytes = { web: 3 * HEADERS + 600, wall: 2 * HEADERS + 100 };
      expect(answer).toMatchObject({ captureId, partial: false, total: 2, otherPackets: 0 });
      expect(answer.conversations).toEqual([
        { a: lab.self, aPort: port, b: lab.web, bPort: 9999, packets: 6, bytes: 2 * bytes.web, packetsAToB: 3, bytesAToB: bytes.web, packetsBToA: 3, bytesBToA: bytes.web, ...times },
        { a: lab.self, aPort: port, b: lab.wall, bPort: 9999, packets: 4, bytes: 2 * bytes.wall, packetsAToB: 2, bytesAToB: bytes.wall, packetsBToA: 2, bytesBToA: bytes.wall, ...times },
      ]);
      const filtered = await tshark.conversations(tsharkCall(ConversationsInput, { captureId, displayFilter: `ip.addr == ${lab.wall}`, limit: 1 }));
      expect(filtered).toMatchObject({ total: 1, conversations: [{ b: lab.wall, aPort: null, bPort: null, packets: 4 }] });
      expect(await tshark.conversations(tsharkCall(ConversationsInput, { captureId, layer: 'tcp' }))).toMatchObject({ total: 0, otherPackets: 10 });
    });

    it('has exactly these top talkers', async () => {
      const answer = validate(TopTalkersOutput, await tshark.topTalkers(tsharkCall(TopTalkersInput, { captureId, limit: 2 })));
      const [web, wall] = [3 * HEADERS + 600, 2 * HEADERS + 100];
      expect(answer).toEqual({
        captureId, partial: false, total: 3, otherPackets: 0,
        talkers: [
          { address: lab.self, packets: 10, bytes: 2 * (web + wall), packetsSent: 5, bytesSent: web + wall, packetsReceived: 5, bytesReceived: web + wall },
          { address: lab.web, packets: 6, bytes: 2 * web, packetsSent: 3, bytesSent: web, packetsReceived: 3, bytesReceived: web },
        ],
      });
    });

    it('has exactly these totals', async () => {
      const answer = validate(SummaryOutput, await tshark.summary(tsharkCall(CaptureInput, { captureId })));
      const bytes = 10 * HEADERS + 2 * 700;
      expect(answer).toMatchObject({ fileBytes: output.capture!.bytes, packets: 10, bytes, protocols: [{ protocol: 'UDP', packets: 10, bytes }] });
      expect(Date.parse(answer.lastAt!) - Date.parse(answer.firstAt!)).toBeCloseTo(answer.durationMs, -1);
      expect(Math.abs(Date.parse(answer.firstAt!) - Date.parse(output.startedAt))).toBeLessThan(5000);
    });

    it('is listed in pages', async () => {
      const page = validate(PacketsOutput, await tshark.packets(tsharkCall(PacketsInput, { captureId, limit: 4 })));
      expect(page).toMatchObject({ total: 10, next: 4, packets: [{ number: 1, source: lab.self, destination: lab.web, sourcePort: port, destinationPort: 9999, protocol: 'UDP', length: HEADERS + 100 }, { number: 2, source: lab.web }, {}, {}] });
      expect(await tshark.packets(tsharkCall(PacketsInput, { captureId, after: 8, limit: 4 }))).toMatchObject({ total: 10, next: null, packets: [{ number: 9 }, { number: 10 }] });
      expect((await tshark.packets(tsharkCall(PacketsInput, { captureId, displayFilter: `udp.length == ${8 + 50}` }))).packets.map(({ number }) => number)).toEqual([7, 8, 9, 10]);
    });

    it('is told packet by packet, layer by layer', async () => {
      const answer = validate(PacketOutput, await tshark.packet(tsharkCall(PacketInput, { captureId, number: 3 })));
      expect(answer.layers.map(({ protocol }) => protocol)).toEqual(['frame', 'eth', 'ip', 'udp', 'data']);
      const field = (protocol: string, name: string) => answer.layers.find((layer) => layer.protocol === protocol)!.fields.find((one) => one.name === name)?.value;
      expect([field('ip', 'ip_dst'), field('udp', 'udp_dstport'), field('frame', 'frame_number'), field('data', 'data_len')]).toEqual([lab.web, '9999', '3', '200']);
      await expect(tshark.packet(tsharkCall(PacketInput, { captureId, number: 11 }))).rejects.toMatchObject({ failure: { code: 'not-found' } });
    });
  });

  it('listens as long as it should, also when nothing comes', async () => {
    const output = await capture({ duration: 1, filter: 'tcp port 1' }, () => Promise.resolve());
    expect(output).toMatchObject({ endedBy: 'time', packets: 0, truncated: false, warnings: [], capture: { bytes: 24 } });
    expect(output.durationMs).toBeGreaterThanOrEqual(1000);
  });

  it('a capture that grows too large ends at a whole packet, and is marked as truncated with a warning', async () => {
    const output = await capture({ maxBytes: 4096, filter: 'udp port 9999' }, async () => {
      for (let i = 0; i < 10; i++) await echo(400, lab.web);
    });
    // A packet takes 16 bytes of header in the file, which has 24 of its own.
    const size = 16 + HEADERS + 400;
    const whole = Math.floor((4096 - 24) / size);
    expect(output).toMatchObject({ endedBy: 'bytes', truncated: true, packets: whole, capture: { bytes: 24 + whole * size }, warnings: [expect.stringContaining('4096 bytes')] });
    expect(await tshark.summary(tsharkCall(CaptureInput, { captureId: output.capture!.id }))).toMatchObject({ packets: whole, partial: false });
  });

  it('packets of which only the beginning was kept are told', async () => {
    const output = await capture({ snapLength: 64, maxPackets: 2, filter: 'udp port 9999' }, () => echo(400, lab.web));
    expect(output).toMatchObject({ truncated: true, warnings: expect.arrayContaining(['truncated: of 2 packets only the beginning was kept']) });
    expect(await tshark.summary(tsharkCall(CaptureInput, { captureId: output.capture!.id }))).toMatchObject({ packets: 2, bytes: 2 * (HEADERS + 400) });
  });

  it('a cancel ends tcpdump, keeps what was captured and marks it as partial', async () => {
    const stop = new AbortController();
    const one = call({ filter: 'udp port 9999', maxPackets: 777_777 }, stop.signal);
    const failure = tcpdump.run(one).catch((error: unknown) => error);
    await listening(one);
    const pids = await processesWith('777777');
    expect(pids).toHaveLength(1);
    await echo(100, lab.web);
    while (await bytesWritten(pids[0]!) < 24 + 2 * (16 + HEADERS + 100)) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new ToolFailure('timed-out', 'the attempt took too long'));
    const { failure: why, output } = await failure as ToolFailure;
    expect(why.code).toBe('timed-out');
    const partial = validate(TcpdumpOutput, output);
    expect(partial).toMatchObject({ endedBy: 'stopped', partial: true, packets: 2, warnings: [expect.stringContaining('partial')] });
    expect(await groupIsAlive(pids[0]!)).toBe(false);
    expect(await tshark.summary(tsharkCall(CaptureInput, { captureId: partial.capture!.id }))).toMatchObject({ packets: 2 });
  });

  it('a capture that breaks off in the middle of a packet is read up to there, and the answer is partial', async () => {
    const whole = await capture({ maxPackets: 2, filter: 'udp port 9999' }, () => echo(100, lab.web));
    const { sha256 } = files.put(files.kept.get(whole.capture!.id)!.bytes.subarray(0, -10));
    expect(await tshark.summary(tsharkCall(CaptureInput, { captureId: sha256 }))).toMatchObject({ packets: 1, partial: true });
  });

  it('what the tenant may not see is in no capture', async () => {
    const sheltered = new TcpdumpTool(capabilities, admissionWith({ NETWORK_PROTECTED: lab.wall }), files.client());
    for (const filter of ['udp port 9999', `udp port 9999 and (host ${lab.wall} or host ${lab.web})`, 'udp port 9999 and not vlan', `udp port 9999 or host ${lab.wall}`]) {
      const one = call({ filter, maxPackets: 2 });
      const running = sheltered.run(one);
      await listening(one);
      await echo(10, lab.wall);
      await echo(10, lab.web);
      const { capture: kept } = await running;
      const { talkers } = await tshark.topTalkers(tsharkCall(TopTalkersInput, { captureId: kept!.id }));
      expect(talkers.map(({ address }) => address)).toEqual([lab.self, lab.web]);
    }
  });

  it('only the named hosts are in the capture', async () => {
    const output = await capture({ hosts: lab.wall, maxPackets: 2 }, async () => {
      await echo(10, lab.web);
      await echo(10, lab.wall);
    });
    expect(await tshark.topTalkers(tsharkCall(TopTalkersInput, { captureId: output.capture!.id }))).toMatchObject({ total: 2, talkers: [{ address: lab.self }, { address: lab.wall }] });
  });

  it('as many captures at once as the tenant may, and then it is told when to come back', async () => {
    const one = new TcpdumpTool(capabilities, admissionWith({ NETWORK_POLICY: '{"defaults":{"captures":1}}' }), files.client());
    const stop = new AbortController();
    const first = call({ duration: 5 }, stop.signal);
    const running = one.run(first).catch((error: unknown) => error);
    await listening(first);
    await expect(one.run(call({ duration: 1 }))).rejects.toMatchObject({ failure: { code: 'rate-limited', retryable: true, cause: expect.stringMatching(/^retryAfterMs=\d+$/) } });
    stop.abort(new ToolFailure('cancelled', 'stop'));
    await running;
    await one.run(call({ duration: 1 }));
  });

  it.each([
    ['a file of words', `tcp port 80 -w ${CANARY}`, 'input-invalid'],
    ['an option', `-w ${CANARY}`, 'input-invalid'],
    ['an option alone', '--version', 'input-invalid'],
    ['a command', `tcp $(touch ${CANARY})`, 'input-invalid'],
    ['a newline', 'tcp\nport 80', 'input-invalid'],
    ['a NUL', 'tcp\0', 'input-invalid'],
    ['a name', 'host evil.example.org', 'input-invalid'],
    ['a bare name', 'localhost', 'input-invalid'],
    ['parentheses that end ours', 'tcp) or (udp', 'input-invalid'],
    ['an open parenthesis', '(tcp', 'input-invalid'],
    ['nothing that is a filter', 'tcp tcp tcp', 'input-invalid'],
    ['a service that there is not', 'port nosuchservice', 'input-invalid'],
  ])('%s is refused as a filter, before anything is captured', async (_what, filter, code) => {
    await expect(tcpdump.run(call({ filter }))).rejects.toMatchObject({ failure: { code } });
    expect(existsSync(CANARY)).toBe(false);
  });

  it.each([
    ['an interface that there is not', { interface: 'nosuch0' }, 'target-unknown'],
    ['a host that is not allowed', { hosts: '8.8.8.8' }, 'target-refused'],
    ['hosts as a range', { hosts: '10.0.0.1-5' }, 'target-refused'],
    ['a list file', { hosts: '-F/etc/passwd' }, 'target-refused'],
  ])('%s is refused', async (_what, fields, code) => {
    await expect(tcpdump.run(call(fields))).rejects.toMatchObject({ failure: { code } });
  });

  it('longer or larger than the tenant may is refused', async () => {
    const small = new TcpdumpTool(capabilities, admissionWith({ NETWORK_POLICY: '{"defaults":{"captureSeconds":5,"captureBytes":8192}}' }), files.client());
    await expect(small.run(call({ duration: 6 }))).rejects.toMatchObject({ failure: { code: 'limit-exceeded', cause: 'captureSeconds' } });
    await expect(small.run(call({ duration: 5, maxBytes: 8193 }))).rejects.toMatchObject({ failure: { code: 'limit-exceeded', cause: 'captureBytes' } });
  });

  it('without the capability nothing is captured, and it is said what is missing', async () => {
    const unable = new TcpdumpTool(new Capabilities({ tcpdump: '/usr/bin/tcpdump' }, new Set()), admissionWith(), files.client());
    await expect(unable.run(call({}))).rejects.toMatchObject({ failure: { code: 'capability-missing', message: expect.stringContaining('CAP_NET_RAW') } });
  });

  it.each([
    ['that is not one', 'nonsense.field == 1'],
    ['that ends too early', 'ip.src =='],
    ['that looks like an option', `-X lua_script:${CANARY}`],
    ['that looks like a command', `$(touch ${CANARY})`],
  ])('a display filter %s is refused', async (_what, displayFilter) => {
    const output = await capture({ maxPackets: 2, filter: 'udp port 9999' }, () => echo(10, lab.web));
    await expect(tshark.packets(tsharkCall(PacketsInput, { captureId: output.capture!.id, displayFilter }))).rejects.toMatchObject({ failure: { code: 'input-invalid' } });
    expect(existsSync(CANARY)).toBe(false);
  });

  it('a file that is no capture is refused, and so is one that the tenant does not have', async () => {
    const { sha256 } = files.put(Buffer.from('{"json":1}'));
    await expect(tshark.summary(tsharkCall(CaptureInput, { captureId: sha256 }))).rejects.toMatchObject({ failure: { code: 'input-invalid' } });
    await expect(tshark.summary(tsharkCall(CaptureInput, { captureId: '0'.repeat(64) }))).rejects.toMatchObject({ failure: { code: 'not-found' } });
  });
});
