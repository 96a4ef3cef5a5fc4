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

/** A run on a host that answers everything but Signal, of which `onSignal` hears. */
function runUnsignalled(clock: RunClock, onSignal: () => void): { run: Run; answer: () => void } {
  let answer = (): void => undefined;
  const ask: Requests['ask'] = (_wire, { action }: EnvelopeContent) => {
    const known = ANSWERS[action];
    if (known) return Promise.resolve(known);
    onSignal();
    return new Promise((ok) => { answer = () => { ok(body('')); }; });
  };
  const options = { command: 'x' };
  const run = new Run({ requests: { ask } as Requests, wire: { isUsable: true, isOpen: true } as Wire, dial: () => Promise.reject(new Error('not here')), shellId: 's', plan: planCommand(options), options, clock });
  return { run, answer: () => { answer(); } };
}

it('a result that is known does not wait for the host to forget its command beyond its clock; who needs the wire can', async () => {
  const cancel = new AbortController();
  const { run, answer } = runUnsignalled(new RunClock({ signal: cancel.signal }), () => { cancel.abort(); });
  expect(await run.result()).toMatchObject({ kind: 'exited', exitCode: 3, stdout: 'a' });
  let isForgotten = false;
  const forgotten = run.forgotten.then(() => { isForgotten = true; });
  await new Promise((later) => { setImmediate(later); });
  expect(isForgotten).toBe(false);
  answer();
  await forgotten;
});
