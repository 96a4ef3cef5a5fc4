import fc from 'fast-check';
import { parseTemplate } from '../references.js';
import { planEmbedding } from './embed-command.js';
import { UnsafeEmbedding } from './unsafe-embedding.js';

function fill(command: string, ...values: string[]): string {
  const template = parseTemplate(command);
  return planEmbedding('posix-shell', template.kind === 'mixed' ? template.parts : [command]).fill(values);
}

/** The words of a command of nothing but words and quotes, by POSIX.1-2017 2.2; throws for anything else. */
function split(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < command.length; i++) {
    const c = command[i]!;
    if (c === ' ') { if (word !== undefined) words.push(word); word = undefined; continue; }
    word ??= '';
    if (c === "'") { const end = command.indexOf("'", i + 1); word += command.slice(i + 1, end); i = end; }
    else if (c === '"') for (i++; command[i] !== '"'; i++) { if ('$`'.includes(command[i]!)) throw new Error('expansion'); word += command[i] === '\\' && '$`"\\\n'.includes(command[i + 1]!) ? command[++i] : command[i]; }
    else if (c === '\\') word += command[++i];
    else if (/[$`;&|<>()\n*?#]/.test(c)) throw new Error(`${c} is special`);
    else word += c;
  }
  return word === undefined ? words : [...words, word];
}

const HOSTILE = ['', ' ', "'", "''", '"', '\\', "\\'", '$(touch canary)', '`touch canary`', '${IFS}', '; reboot', "'; reboot; '", '\n reboot \n', '\r', '*', '~', '-rf', '#', '<<EOF', '<<item.x>>', '{{item.x}}', '\u202Egnp.exe', '‘’‚‛', '日本語 🎉', '!!', '\x1b[2J', 'a'.repeat(100_000)];

describe('a value in a posix command is one argument', () => {
  it.each(HOSTILE)('whatever it holds: %j', (value) => {
    expect(split(fill('echo <<item.x>> end', value))).toEqual(['echo', value, 'end']);
    expect(split(fill('echo "a <<item.x>> b" end', value))).toEqual(['echo', `a ${value} b`, 'end']);
    expect(split(fill("echo 'a <<item.x>> b' end", value))).toEqual(['echo', `a ${value} b`, 'end']);
    expect(split(fill('echo --to=<<item.x>>,<<item.y>> end', value, value))).toEqual(['echo', `--to=${value},${value}`, 'end']);
  });

  it('for any text and any quotes of the author', () => {
    const quoted = fc.constantFrom('<<item.x>>', '"<<item.x>>"', "'<<item.x>>'", 'pre<<item.x>>', '"pre <<item.x>> \\" post"', "'pre '<<item.x>>");
    const unit = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', ';', '(', ')', 'a') })).map((s) => s.replaceAll('\0', '').replace(/\p{Surrogate}/gu, ''));
    fc.assert(fc.property(quoted, unit, (word, value) => {
      const expected = split(word.replaceAll('<<item.x>>', 'MARK'))[0]!.replace('MARK', () => value);
      expect(split(fill(`echo ${word} end`, value))).toEqual(['echo', expected, 'end']);
    }), { numRuns: 2000 });
  });

  it('of a million characters', () => expect(split(fill('echo <<item.x>>', "'".repeat(1_000_000)))[1]).toHaveLength(1_000_000));
  it('and is refused when it holds what no argument can', () => {
    expect(() => fill('echo <<item.x>>', 'a\0b')).toThrow(UnsafeEmbedding);
    expect(() => fill('echo <<item.x>>', '\ud800')).toThrow(UnsafeEmbedding);
  });
});

describe('a value is refused', () => {
  it.each([
    'echo $(date <<item.x>>)', 'echo `date <<item.x>>`', 'echo "$(date "<<item.x>>")"', 'echo "${y:-<<item.x>>}"', 'echo $((1 + <<item.x>>))', 'echo $[ <<item.x>> ]', '(( <<item.x>> > 1 ))', '[[ -n <<item.x>> ]]',
    'cat <<EOF\n<<item.x>>\nEOF', 'cat <<-EOF\n<<item.x>>', 'cat <<< <<item.x>>', 'ls # <<item.x>>', 'ls;# <<item.x>>', 'ls >#<<item.x>>', 'echo \\<<item.x>>', 'echo "\\<<item.x>>"', 'echo $<<item.x>>', 'echo "$<<item.x>>"', "echo $'a <<item.x>>'",
    "echo $'a\\'b' <<item.x>>", 'echo "abc <<item.x>>', "echo 'abc <<item.x>>", 'echo <<item.x>> \\', 'a[<<item.x>>]=1', 'ls >& <<item.x>>', 'ls >&1<<item.x>>', 'ls <&<<item.x>>', 'a\\\n#"\n <<item.x>>', 'a\\ #"\n <<item.x>> "', 'a\r#"\n<<item.x>> "',
  ])('where quoting has other rules: %j', (command) => expect(() => fill(command, 'v', 'v')).toThrow(UnsafeEmbedding));

  it.each([
    'eval echo <<item.x>>', 'sh -c "echo <<item.x>>"', "bash -lc 'echo <<item.x>>'", 'sudo sh -c "echo <<item.x>>"', 'docker exec c1 bash -c "ls <<item.x>>"', '/bin/sh -c "<<item.x>>"', '"sh" -c "<<item.x>>"', 's\\h -c "<<item.x>>"', 'ssh <<item.x>> uptime', 'ssh host "ls <<item.x>>"',
    'su - root -c "ls <<item.x>>"', 'python3 -c "print(\'<<item.x>>\')"', 'perl -ne "print <<item.x>>"', "awk '/<<item.x>>/ {print}' f", 'sed -i "s/a/<<item.x>>/" f', "sed -e '1d' -e 's/<<item.x>>//' f", 'node -e "<<item.x>>"', 'mysql -e "select \'<<item.x>>\'"', 'psql db -c "select <<item.x>>"',
    'trap "<<item.x>>" EXIT', 'true && eval <<item.x>>', 'if true; then eval <<item.x>>; fi', 'echo <<item.x>> | sh', 'echo <<item.x>> | sudo bash -s', 'echo <<item.x>> | python3 -', 'echo <<item.x>> |\n sh', 'echo <<item.x>> | tee f | bash', 'find / -exec sh -c "ls <<item.x>>" \\;', '$SHELL -c "<<item.x>>"',
    'test <<item.x>> -eq 1', '[ <<item.x>> -gt 0 ]', 'printf -v <<item.x>> a', 'read <<item.x>>', 'watch <<item.x>>', 'bash <<item.x>>', 'bash <<item.x>> script.sh', '. <<item.x>>', 'source <<item.x>>', 'xargs sh -c "<<item.x>>"', 'declare -i n=<<item.x>>', 'timeout 5 ssh h <<item.x>>',
  ])('where a program reads it as code: %j', (command) => expect(() => fill(command, 'v')).toThrow(UnsafeEmbedding));

  it.each(['<<item.x>> --version', '/opt/<<item.x>>/run', 'true; <<item.x>> a', 'A=1 <<item.x>> a', 'ls | <<item.x>> a', '( <<item.x>> a )', 'if <<item.x>> a; then b; fi', 'sudo <<item.x>> a', 'exec <<item.x>> a', 'ls\n<<item.x>> a'])('where it would name the program: %j', (command) => {
    expect(() => fill(command, 'v')).toThrow(/name the program/);
  });
});

describe('a value is accepted', () => {
  it.each([
    ['ping -c 1 <<item.x>>', "ping -c 1 'v'"], ['sh -c \'ping "$1"\' sh <<item.x>>', "sh -c 'ping \"$1\"' sh 'v'"], ['awk -v n=<<item.x>> \'{print n}\' f', "awk -v n='v' '{print n}' f"], ['ls <<item.x>> # a comment', "ls 'v' # a comment"],
    ['A=<<item.x>> env', "A='v' env"], ['for i in <<item.x>>; do echo "$i"; done', "for i in 'v'; do echo \"$i\"; done"], ['echo a > <<item.x>> 2>&1', "echo a > 'v' 2>&1"], ['grep -c "<<item.x>>" f | sort', "grep -c \"\"'v'\"\" f | sort"],
    ['systemctl restart <<item.x>> && echo ok || echo no', "systemctl restart 'v' && echo ok || echo no"], ['curl <<item.x>> | python3 -m json.tool', "curl 'v' | python3 -m json.tool"], ['sed -n 5p <<item.x>>', "sed -n 5p 'v'"], ['[ "<<item.x>>" = a ]', "[ \"\"'v'\"\" = a ]"],
    ['sudo -u app touch <<item.x>>', "sudo -u app touch 'v'"], ['echo it\\\'s <<item.x>>', "echo it\\'s 'v'"], ['grep <<item.x>> <<EOF\nbody\nEOF', "grep 'v' <<EOF\nbody\nEOF"], ['docker restart <<item.x>>', "docker restart 'v'"], ["docker ps --format '{{.Names}}' -f name=<<item.x>>", "docker ps --format '{{.Names}}' -f name='v'"],
    ['echo a#b <<item.x>>', "echo a#b 'v'"], ['echo "a # b" <<item.x>>', "echo \"a # b\" 'v'"], ['python3 /opt/check.py <<item.x>>', "python3 /opt/check.py 'v'"],
  ])('%j', (command, expected) => expect(fill(command, 'v')).toBe(expected));
});
