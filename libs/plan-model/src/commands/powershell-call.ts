/** Reads a script sign by sign and knows whether what comes next is, or is part of, the name of a program: after the call operator `&` or the dot operator. */
export class CallWatch {
  private last = '';
  private beforeLast = '';
  /** The word that goes on here holds a `&`. */
  private inWord = false;
  /** An operator stands before the blanks before that word. */
  private beforeBlanks = false;

  get isCalled(): boolean {
    return this.inWord || this.beforeBlanks;
  }

  read(sign: string): void {
    const { last, beforeLast } = this;
    if (/['"]/.test(sign)) this.inWord = this.beforeBlanks = false;
    else if (/\s/.test(sign)) {
      if (!/\s/.test(last)) this.beforeBlanks = (last === '&' && beforeLast !== '&') || (last === '.' && /^$|[\s;|({]/.test(beforeLast));
      this.inWord = false;
    } else if (sign === '&' && last !== '&') this.inWord = true;
    [this.last, this.beforeLast] = [sign, last];
  }
}
