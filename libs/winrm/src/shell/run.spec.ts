import type { Wire } from '../transport/wire.js';
import { parseXml } from '../xml/document.js';
import type { Answer } from '../wsman/answer.js';
import type { EnvelopeContent } from '../wsman/envelope.js';
import { ACTION, COMMAND_STATE, NS } from '../wsman/names.js';
import type { Requests } from '../wsman/requests.js';
import { planCommand } from './command-plan.js';
import { Run } from './run.js';
import { RunClock } from './run-clock.js';

const body = (inner: string): Answer => ({ kind: 'body', body: parseXml(`<s:Body xmlns:s="${NS.soap}" xmlns:r="${NS.shell}">${inner}</s:Body>`) });
const ANSWERS: Readonly<Record<string, Answer>> = {
  [ACTION.command]: body('<r:CommandResponse><r:CommandId>c1</r:CommandId></r:CommandResponse>'),
  [ACTION.receive]: body(`<r:ReceiveResponse><r:Stream Name="stdout" CommandId="c1">YQ==</r:Stream><r:CommandState CommandId="c1" State="${COMMAND_STATE.done}"><r:ExitCode>3</r:ExitCode></r:CommandState></r:ReceiveResponse>`),
};

/** A run on a host that answers everything but Signal, of which `onSignal` hears how long it would be waited for. */
function runUnsignalled(clock: RunClock, onSignal: (timeoutMs: number | undefined) => void): Run {
  const ask: Requests['ask'] = (_wire, { action }: EnvelopeContent, { signal, timeoutMs } = {}) => {
    const answer = ANSWERS[action];
    if (answer) return Promise.resolve(answer);
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      onSignal(timeoutMs);
    });
  };
  const options = { command: 'x' };
  return new Run({ requests: { ask } as Requests, wire: { isUsable: true, isOpen: true } as Wire, dial: () => Promise.reject(new Error('not here')), shellId: 's', plan: planCommand(options), options, clock });
}

it('a result that is known waits a second at most for the host to forget its command, and not beyond its clock', async () => {
  const cancel = new AbortController();
  const waits: (number | undefined)[] = [];
  const run = runUnsignalled(new RunClock({ signal: cancel.signal }), (timeoutMs) => {
    waits.push(timeoutMs);
    cancel.abort();
  });
  expect(await run.result()).toMatchObject({ kind: 'exited', exitCode: 3, stdout: 'a' });
  expect(waits).toEqual([1000]);
});
