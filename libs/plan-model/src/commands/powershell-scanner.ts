import { base64 } from './base64.js';
import { CallWatch } from './powershell-call.js';
import { UnsafeEmbedding, type CommandScanner, type Slot } from './unsafe-embedding.js';

/** Characters that PowerShell takes for a single or a double quote (about_Quoting_Rules, `CharTraits` of its tokenizer). */
const SINGLE = "'\u2018\u2019\u201A\u201B";
const DOUBLE = '"\u201C\u201D\u201E';
/** What makes code of text. A value anywhere beside it could become code. */
const EVALUATORS = /(^|[^\w-])(iex|invoke-expression|icm|invoke-command\s+-command|add-type)(?![\w-])|\[\s*(system\.management\.automation\.)?(scriptblock|powershell)\s*\]|expandstring|newscriptblock|invokescript|-e(nc|ncodedcommand)\b|(^|[\s;|&({])(powershell|pwsh|cmd|wsl|bash|sh|ssh)(\.exe)?\s+\S/i;

/** ` -name:` before a value, in UTF-16 code units. */
const LONGEST_PARAMETER = 256;

/**
 * PowerShell has five single quotes and no escape that every context understands: a value travels as base64, in which nothing is special, and is decoded by
 * an expression. Double quotes take the expression as `$(...)`; inside single quotes there is no place for one.
 */
export class PowerShellScanner implements CommandScanner {
  private state: 'plain' | 'single' | 'double' | 'comment' = 'plain';
  private escaped = false;
  private last = ' ';
  /** Why no value is accepted any more. */
  private closed: string | undefined;
  /** A value was an argument of its own: what follows must end the argument. */
  private afterArgument = false;
  private hasValue = false;
  private text = '';
  private readonly call = new CallWatch();
  /** The word or quoted text that goes on here names a program. */
  private called = false;

  read(text: string): void {
    for (const c of text) {
      this.step(c);
      this.append(c);
    }
  }

  slot(): Slot {
    if (this.closed) throw new UnsafeEmbedding(`a value can't be used ${this.closed}`);
    if (this.escaped) throw new UnsafeEmbedding("a value can't follow a backtick");
    if (this.state === 'single') throw new UnsafeEmbedding("a value can't be used in single quotes; use double quotes");
    if (this.state === 'comment') throw new UnsafeEmbedding("a value can't be used in a comment");
    if (this.state === 'double' && this.last === '$') throw new UnsafeEmbedding("a value can't follow a dollar sign");
    if (this.state === 'plain') {
      if (this.afterArgument || !/[\s=(,;|&{:]/.test(this.last) || (this.last === ':' && !/\s-\w+:$/.test(this.text.slice(-LONGEST_PARAMETER)))) throw new UnsafeEmbedding('a value must be an argument of its own; put the whole text into double quotes');
      this.called = this.call.isCalled;
      this.afterArgument = true;
    }
    if (this.called) throw new UnsafeEmbedding('a value can\'t name the program that is run; write its name');
    this.hasValue = true;
    this.append('x');
    this.last = 'x';
    return this.state === 'double' ? (value) => `$${decoded(value)}` : decoded;
  }

  end(): void {
    if (!this.hasValue) return;
    if (this.state === 'single' || this.state === 'double' || this.escaped) throw new UnsafeEmbedding('the command ends inside quotes or after a backtick');
    const evaluator = EVALUATORS.exec(this.text)?.[0]?.trim();
    if (evaluator) throw new UnsafeEmbedding(`a value can't be used together with "${evaluator}", which reads text as code`);
  }

  private append(c: string): void {
    this.text += c;
    this.call.read(c);
  }

  private step(c: string): void {
    if (this.afterArgument) {
      if (!/[\s),;|}\]&]/.test(c)) throw new UnsafeEmbedding('a value must be an argument of its own; put the whole text into double quotes');
      this.afterArgument = false;
    }
    if (this.escaped) {
      this.escaped = false;
      this.last = 'x';
      return;
    }
    switch (this.state) {
      case 'single':
        if (SINGLE.includes(c)) this.state = 'plain';
        break;
      case 'comment':
        if (c === '\n') this.state = 'plain';
        break;
      case 'double':
        if (DOUBLE.includes(c)) this.state = 'plain';
        else if (c === '`') this.escaped = true;
        else if (this.last === '$' && (c === '(' || c === '{')) this.closed = `in or after $${c} inside quotes`;
        break;
      case 'plain': this.plain(c);
    }
    this.last = c;
  }

  private plain(c: string): void {
    if (c === '`') this.escaped = true;
    else if ((SINGLE + DOUBLE).includes(c)) {
      if (this.last === '@') this.closed = 'in or after a here-string';
      this.called = this.call.isCalled;
      this.state = SINGLE.includes(c) ? 'single' : 'double';
    } else if (c === '#') {
      if (this.last === '<') this.closed = 'in or after a block comment';
      // Inside a word `#` is no comment for commands, and one for expressions.
      else if (!/[\s;|&(){},=]/.test(this.last)) this.closed = 'after # inside a word';
      this.state = 'comment';
    } else if (c === '%' && this.last === '-') this.closed = 'after --%';
    else if (c === '{' && this.last === '$') this.closed = 'in or after ${...}';
  }
}

/** An expression that gives the value: UTF-8, base64. */
function decoded(value: string): string {
  return `([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64(value)}')))`;
}
