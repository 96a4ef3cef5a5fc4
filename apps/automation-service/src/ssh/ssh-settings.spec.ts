import { sshSettings } from './ssh-settings.js';

it('the agent is off unless the setting says otherwise', () => {
  expect(sshSettings({ SSH_AUTH_SOCK: '/run/agent' }).pool.agent).toBeUndefined();
  expect(sshSettings({ OPSMESH_SSH_AGENT: 'off', SSH_AUTH_SOCK: '/run/agent' }).pool.agent).toBeUndefined();
  expect(sshSettings({ OPSMESH_SSH_AGENT: 'on', SSH_AUTH_SOCK: '/run/agent' }).pool.agent).toBe('/run/agent');
});

it('a worker that may use an agent and has none does not start', () => {
  expect(() => sshSettings({ OPSMESH_SSH_AGENT: 'on' })).toThrow('SSH_AUTH_SOCK is not set');
  expect(() => sshSettings({ OPSMESH_SSH_AGENT: 'yes' })).toThrow('OPSMESH_SSH_AGENT is not valid');
});

it('the number of commands at once can be set', () => {
  expect(sshSettings({}).limits).toEqual({ global: 100, handshakes: 8, channels: 8 });
  expect(sshSettings({ OPSMESH_SSH_COMMANDS: '20' }).limits.global).toBe(20);
  expect(() => sshSettings({ OPSMESH_SSH_COMMANDS: '0' })).toThrow('OPSMESH_SSH_COMMANDS is not valid');
});
