import { failureOfRoute } from './no-route.js';

it.each(['ping: connect: Network is unreachable', 'connect: No route to host', 'bind: Cannot assign requested address', 'socket: Address family not supported by protocol'])('%s means that the address can not be reached', (stderr) => {
  expect(failureOfRoute('10.0.0.1', stderr)?.failure).toMatchObject({ code: 'unreachable', retryable: true, cause: stderr });
});

it('anything else means something else', () => expect(failureOfRoute('10.0.0.1', 'ping: socket: Operation not permitted')).toBeUndefined());
