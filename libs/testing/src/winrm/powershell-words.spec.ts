import { statementsOf, wordsOf } from './powershell-words.js';

it.each([
  ["echo a; echo 'b;c'\necho d # ; e", ['echo a', "echo 'b;c'", 'echo d']],
  ['# opsmesh:x@1.0.0\r\n\r\n  exit 3  ', ['exit 3']],
  ['echo a#b', ['echo a#b']],
  ["echo 'it''s; fine'; exit", ["echo 'it''s; fine'", 'exit']],
])('statements of %j', (script, statements) => expect(statementsOf(script)).toEqual(statements));

it.each([
  ["echo 'a b' c", ['echo', 'a b', 'c']],
  ["'it''s' \"say \"\"x\"\"\"", ["it's", 'say "x"']],
])('words of %j', (statement, words) => expect(wordsOf(statement).map((w) => w.text)).toEqual(words));

it.each(['\u2018', '\u2019', '\u201a', '\u201b'])('%s ends what a straight quote began, as in PowerShell', (quote) => {
  expect(statementsOf(`echo 'a${quote}; ledger canary; echo 'b'`)).toEqual([`echo 'a${quote}`, 'ledger canary', "echo 'b'"]);
});
