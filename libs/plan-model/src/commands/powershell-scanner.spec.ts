import fc from 'fast-check';
import { parseTemplate } from '../references.js';
import { planEmbedding } from './embed-command.js';
import { UnsafeEmbedding } from './unsafe-embedding.js';

function fill(command: string, ...values: string[]): string {
  const template = parseTemplate(command);
  return planEmbedding('powershell', template.kind === 'mixed' ? template.parts : [command]).fill(values);
}

const EXPRESSION = /\(\[Text\.Encoding\]::UTF8\.GetString\(\[Convert\]::FromBase64String\('([A-Za-z0-9+/=]*)'\)\)\)/;
const decoded = (command: string): string => Buffer.from(EXPRESSION.exec(command)![1]!, 'base64').toString('utf8');

describe('a value in a PowerShell command is data', () => {
  it.each(['', "'", '‘', '’', '‚', '‛', '"', '“', '”', '„', '`', '$(New-Item canary)', "'; Remove-Item C:\\ -Recurse; '", '日本語 🎉', '\r\n', '--%', '<#', '@"'])('whatever it holds: %j', (value) => {
    const bare = fill('Get-Service -Name <<item.x>>', value);
    expect(bare.replace(EXPRESSION, 'V')).toBe('Get-Service -Name V');
    expect(decoded(bare)).toBe(value);
    const quoted = fill('Get-Service -Name "a <<item.x>> b"', value);
    expect(quoted.replace(EXPRESSION, 'V')).toBe('Get-Service -Name "a $V b"');
    expect(decoded(quoted)).toBe(value);
  });

  it('for any text', () => fc.assert(fc.property(fc.string({ unit: 'binary' }).map((s) => s.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '')), (value) => {
    const command = fill('Write-Output <<item.x>>', value);
    expect(command.replace(EXPRESSION, 'V')).toBe('Write-Output V');
    expect(decoded(command)).toBe(value);
  })));

  it('of a million characters', () => expect(decoded(fill('Write-Output <<item.x>>', 'é'.repeat(1_000_000)))).toHaveLength(1_000_000));
  it('and is refused when it holds what no text can', () => {
    expect(() => fill('Write-Output <<item.x>>', '\0')).toThrow(UnsafeEmbedding);
    expect(() => fill('Write-Output <<item.x>>', '\udc00')).toThrow(UnsafeEmbedding);
  });
});

describe('a value is refused', () => {
  it.each([
    "Get-Service '<<item.x>>'", 'Get-Service ‘<<item.x>>’', "Get-Service 'a’’ <<item.x>>", 'Get-Item C:\\<<item.x>>', 'Get-Item <<item.x>>\\a', 'Get-Item <<item.x>><<item.y>>', 'Get-Item # <<item.x>>', '<# <<item.x>> #>', 'Get-Item `<<item.x>>', 'echo "`<<item.x>>"', 'echo "$<<item.x>>"',
    'echo "$(Get-Item <<item.x>>)"', 'echo @"\n<<item.x>>\n"@', "echo @'\n<<item.x>>\n'@", 'cmd --% <<item.x>>', 'echo ${<<item.x>>}', '[<<item.x>>]::new()', '$a[<<item.x>>]', 'echo "abc <<item.x>>', 'echo a#b <<item.x>>', 'echo <<item.x>>.Length',
  ])('where it could be more than one piece of data: %j', (command) => expect(() => fill(command, 'v', 'v')).toThrow(UnsafeEmbedding));
  it.each(['iex <<item.x>>', 'Invoke-Expression "a <<item.x>>"', '<<item.x>> | iex', 'powershell -Command <<item.x>>', 'pwsh -c "<<item.x>>"', 'cmd /c "dir <<item.x>>"', '[scriptblock]::Create(<<item.x>>)', '$ExecutionContext.InvokeCommand.ExpandString(<<item.x>>)', 'Add-Type <<item.x>>', 'x.exe -EncodedCommand <<item.x>>', 'ssh host <<item.x>>', 'a | Invoke-Expression; <<item.x>>'])('where text becomes code: %j', (command) => {
    expect(() => fill(command, 'v')).toThrow(/reads text as code/);
  });
  it.each(['& <<item.x>>', '&<<item.x>>', '. <<item.x>>', '& "C:\\<<item.x>>\\a.exe"', 'if (1) { & <<item.x>> }', 'a | & <<item.x>>'])('where it would name the program: %j', (command) => expect(() => fill(command, 'v')).toThrow(UnsafeEmbedding));
});

describe('a value is accepted', () => {
  it.each(['$x = <<item.x>>', 'Get-Service -Name <<item.x>> | Select-Object Name', 'Get-Service -Name:<<item.x>>', 'f(<<item.x>>, 2)', '@{ Name = <<item.x>>; A = 1 }', 'if ($a -eq <<item.x>>) { 1 }', "Get-Item 'it''s' -Filter <<item.x>>", "Get-Service 'a’ <<item.x>>", '# comment\nGet-Item <<item.x>>', '& "C:\\tool.exe" "<<item.x>>"', 'Get-Item "C:\\<<item.x>>\\a"', 'a && b <<item.x>>', 'Get-ChildItem . -Filter <<item.x>>'])('%j', (command) => {
    expect(fill(command, 'v')).toContain('FromBase64String');
  });
});
