import fc from 'fast-check';
import { readTraceroute } from './traceroute-output.js';
import type { TracerouteHopDto, TracerouteProbeDto } from './traceroute.dto.js';

const HEAD = 'traceroute to 10.0.1.11 (10.0.1.11), 30 hops max, 60 byte packets\n';

/** As traceroute 2.1 prints: the address only when it is another than before, one blank after two for each probe. */
function printed(hops: readonly TracerouteHopDto[]): string {
  return HEAD + hops.map(({ hop, probes }) => {
    let last: string | null = null;
    const cells = probes.map(({ address, rttMs, mark }) => {
      if (address === null) return ' *';
      const named = address === last ? '' : ` ${last === null ? ' ' : ''}${address}`;
      last = address;
      return `${named}  ${rttMs!.toFixed(3)} ms${mark === undefined ? '' : ` ${mark}`}`;
    });
    return `${String(hop).padStart(2)} ${cells.join('')}\n`;
  }).join('');
}

it('reads hops with one and with several routers, silence and marks', () => {
  const out = `${HEAD} 1  10.0.0.2  0.105 ms  0.020 ms  0.015 ms\n 2  * * *\n 3  10.0.9.1  1.000 ms !H 10.0.9.2  2.5 ms *\n10  fd00::1  0.001 ms !X  0.002 ms !3  0.003 ms !<1>\n`;
  expect(readTraceroute(out)).toEqual([
    { hop: 1, address: '10.0.0.2', probes: [{ address: '10.0.0.2', rttMs: 0.105 }, { address: '10.0.0.2', rttMs: 0.02 }, { address: '10.0.0.2', rttMs: 0.015 }] },
    { hop: 2, address: null, probes: [{ address: null, rttMs: null }, { address: null, rttMs: null }, { address: null, rttMs: null }] },
    { hop: 3, address: '10.0.9.1', probes: [{ address: '10.0.9.1', rttMs: 1, mark: '!H' }, { address: '10.0.9.2', rttMs: 2.5 }, { address: null, rttMs: null }] },
    { hop: 10, address: 'fd00::1', probes: [{ address: 'fd00::1', rttMs: 0.001, mark: '!X' }, { address: 'fd00::1', rttMs: 0.002, mark: '!3' }, { address: 'fd00::1', rttMs: 0.003, mark: '!<1>' }] },
  ]);
});

it('a line without an end is left out', () => {
  expect(readTraceroute(`${HEAD} 1  10.0.0.2  0.105 ms\n 2  10.0.1.1`)).toHaveLength(1);
  expect(readTraceroute('')).toEqual([]);
});

it.each([' 1  web-1  0.1 ms\n', ' 1  0.1 ms\n', ' 1  10.0.0.1  0.1 s\n', 'x\n', ' 1  !H\n'])('%j is none of its lines', (line) => expect(readTraceroute(HEAD + line)).toBeUndefined());

const probe = fc.oneof(
  fc.constant<TracerouteProbeDto>({ address: null, rttMs: null }),
  fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6()), rttMs: fc.nat(5_000_000).map((n) => n / 1000), mark: fc.constantFrom(undefined, '!H', '!N', '!X', '!12') })
    .map(({ mark, ...rest }): TracerouteProbeDto => (mark === undefined ? rest : { ...rest, mark })),
);
it('reads back whatever traceroute can print', () => {
  fc.assert(fc.property(fc.array(fc.array(probe, { minLength: 1, maxLength: 5 }), { maxLength: 64 }), (list) => {
    const hops = list.map((probes, i): TracerouteHopDto => ({ hop: i + 1, probes, address: probes.find(({ address }) => address !== null)?.address ?? null }));
    expect(readTraceroute(printed(hops))).toEqual(hops);
  }));
});

it('no text makes it fail', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0123456789. *!ms\n:afHX<>-') }), (text) => { readTraceroute(text); }));
});
