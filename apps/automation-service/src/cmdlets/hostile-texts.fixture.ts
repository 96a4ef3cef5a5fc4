/** Texts that mean something to a shell, a query or a parser somewhere on the way; each must arrive as it is or be refused. */
export const HOSTILE_TEXTS = [
  '$(New-Item C:\\canary)', '`$(New-Item C:\\canary)', "'; New-Item C:\\canary; '", '\u2018; New-Item C:\\canary; \u2018', '\u2019; New-Item C:\\canary; \u2019', '\u201a; New-Item C:\\canary; \u201a',
  '\u201b; New-Item C:\\canary; \u201b', '"; New-Item C:\\canary; "', '%PATH%', '& calc', '| calc', '{0}', '@{a=1}', '<x>&amp;</x>', ']]>', '--', '-Force', '-oProxyCommand=calc', '-iL C:\\canary', '10.0.0.1-5', '\u{1f600}',
] as const;

/** Texts that no Windows name holds and that are refused. */
export const IMPOSSIBLE_TEXTS = ['', 'a\0b', 'a\nb', 'a\rb', 'a\u001bb', 'a\ud800b', '\udc00'] as const;
