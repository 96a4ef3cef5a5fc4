const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Replaces the five named entities of XML and character references. What else begins with `&` is given to `otherwise`. */
export function decodeEntities(text: string, otherwise: (unknown: string) => string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6});|#(\d{1,7});|(\w{1,32});)?/g, (whole, hex?: string, decimal?: string, name?: string) => {
    const value = name === undefined ? reference(hex, decimal) : NAMED[name];
    return value ?? otherwise(whole);
  });
}

function reference(hex: string | undefined, decimal: string | undefined): string | undefined {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
