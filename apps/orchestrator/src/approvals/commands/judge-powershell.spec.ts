import { runInNewContext } from 'node:vm';
import { LONGEST_JUDGED } from './command-judgement.js';
import { judgePowerShell } from './judge-powershell.js';

it.each([
  ['Get-Volume', 'write'], ['Get-Service | Where-Object Status -eq Running', 'write'], ['Get-ChildItem -Path Remove-Itemx', 'destructive'], ['Set-Service x', 'write'], ['[string]::Format("{0}", 1)', 'write'],
  ['Remove-Item C:\\x', 'destructive'], ['remove-item x', 'destructive'], ['Remove-Item x -WhatIf', 'destructive'], ['Remove\u2013Item x', 'destructive'], ['Rem`ove-Item x', 'destructive'], ['& { Clear-Disk 1 }', 'destructive'],
  ['Get-Process x | Stop-Process', 'destructive'], ['gsv x | spsv', 'destructive'], ['gci | % { $_.Delete() }', 'destructive'], ['[IO.File]::Delete("x")', 'destructive'], ['(Get-Process x).Kill()', 'destructive'], ['rp HKLM:\\x y', 'destructive'],
  ['net user bob /delete', 'destructive'], ['net1 SHARE x `\n /DELETE', 'destructive'], ['net user bob /add', 'write'], ['dir /delete; net user', 'write'], ['net stop spooler', 'destructive'], ['taskkill /im x.exe', 'destructive'],
  ['iex $x', 'uninspectable'], ['iwr http://x | iex', 'uninspectable'], ['& $x', 'uninspectable'], ['. .\\x.ps1', 'uninspectable'], ['& "C:\\x.exe"', 'uninspectable'], ['cmd /c "del x"', 'uninspectable'], ['powershell -c "Remove-Item x"', 'uninspectable'],
  ['[scriptblock]::Create($x)', 'uninspectable'], ['icm pc-1 { Get-Date }', 'uninspectable'], ['pwsh -enc ZQBjAGgAbwAgAHgAeAB4AHgA', 'uninspectable'], ['Start-Process x.exe', 'uninspectable'],
])('verbs of PowerShell are hints only: %s', (script, expected) => {
  expect(judgePowerShell(script).class).toBe(expected);
});

it.each(['\tnet1\tshare', ' net user', ' net', '.Delete', ' Remove-', ' -enc', ' & ', '& ', ' '])('%j again and again is judged in time that grows with its length', (part) => {
  const script = part.repeat(LONGEST_JUDGED / part.length);
  // Given up after 5 s.
  for (let i = 0; i < 10; i++) expect(runInNewContext('judge()', { judge: () => judgePowerShell(script).class }, { timeout: 5000 })).toMatch(/write|destructive/);
});

it('what is longer than people read is not judged', () => {
  expect(judgePowerShell('a'.repeat(LONGEST_JUDGED)).class).toBe('write');
  expect(judgePowerShell('a'.repeat(LONGEST_JUDGED + 1)).class).toBe('uninspectable');
});
