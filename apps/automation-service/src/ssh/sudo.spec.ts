import { SudoDialogue, sudoLine, USER_NAME } from './sudo.js';

const NONCE = '0123456789abcdef01234567';
const PROMPT = `opsmesh-sudo-${NONCE}: `;
const dialogue = (password: string | undefined = 'pw') => new SudoDialogue(NONCE, { user: 'root', password });

it('sudo gets no secret and no command as an argument', () => {
  expect(sudoLine(NONCE, 'root')).toBe(`unset opsmesh_p; exec sudo -S -p '${PROMPT}' -u 'root' -- env OPSMESH_EXEC=${NONCE} /bin/sh -c 'printf "%s\\n" opsmesh-${NONCE} >&2; IFS= read -r opsmesh_p && eval "$opsmesh_p"'\n`);
});

it('answers the question of this sudo once, wherever chunks end', () => {
  const d = dialogue();
  const states = [...`We trust you\n${PROMPT}`].map((c) => d.push(Buffer.from(c)));
  expect(states.filter((s) => s.state !== 'waiting')).toEqual([{ state: 'asked', password: 'pw' }]);
  expect(d.push(Buffer.from(`opsmesh-${NONCE}\nrest`))).toEqual({ state: 'ready', rest: Buffer.from('rest') });
});

it('a second question means that the password was wrong', () => {
  const d = dialogue();
  d.push(Buffer.from(PROMPT));
  expect(d.push(Buffer.from(`Sorry, try again.\n${PROMPT}`))).toMatchObject({ state: 'refused', detail: 'sudo refused the password' });
});

it('says nothing to a question of somebody else', () => expect(dialogue().push(Buffer.from('[sudo] password for ops: '))).toEqual({ state: 'waiting' }));
it('refuses when there is no password to say', () => expect(new SudoDialogue(NONCE, { user: 'root', password: undefined }).push(Buffer.from(PROMPT))).toMatchObject({ state: 'refused' }));
it('no question, no answer', () => expect(dialogue().push(Buffer.from(`opsmesh-${NONCE}\n`))).toEqual({ state: 'ready', rest: Buffer.alloc(0) }));

it('keeps what sudo said for the error', () => {
  const d = dialogue();
  d.push(Buffer.from('ops is not in the sudoers file.\nno line end'));
  expect(d.noise).toBe('ops is not in the sudoers file.\nno line end');
});

it.each(['root', 'www-data', 'a.b', 'svc$', '_apt'])('%s is a user', (name) => expect(USER_NAME.test(name)).toBe(true));
it.each(['-u', '#0', '', 'a b', 'a;b', '$(id)', 'root\n', 'é'])('%j is no user', (name) => expect(USER_NAME.test(name)).toBe(false));
