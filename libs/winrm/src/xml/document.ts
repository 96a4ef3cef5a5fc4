import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { WinRmError } from '../winrm-error.js';
import { decodeEntities } from './entities.js';

/** An element with its names resolved. Text stays text: `007` is not seven. */
export interface XmlElement {
  /** Namespace URI; empty for none. */
  readonly ns: string;
  readonly name: string;
  /** By local name; namespace declarations are left out. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The element's own text, its children's not. */
  readonly text: string;
}

const MAX_DEPTH = 64;
/**
 * Most elements, attributes, comments and the like together. Each costs the parser far more than its bytes. A Stream of a host takes more than a hundred
 * bytes with three attributes, so that an envelope of 512,000 bytes has fewer.
 */
const MAX_MARKS = 20_000;
const ATTRIBUTES = ':@';
const TEXT = '#text';
const CDATA = '#cdata';

/** Order kept, everything text, no entity resolved, and nothing that a DOCTYPE could bring. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: CDATA,
});

type Node = Readonly<Record<string, unknown>>;
/** Namespaces by prefix, with those of the elements around it as its prototype. */
type Scope = Readonly<Record<string, string>>;

const OUTERMOST: Scope = Object.assign(Object.create(null) as Record<string, string>, { xml: 'http://www.w3.org/XML/1998/namespace' });

/**
 * Reads an XML document with namespaces.
 * @throws WinRmError `protocol` for what is not well formed, has a DOCTYPE or unknown entities, is nested deeper than 64, or has more than 20,000 elements and attributes.
 */
export function parseXml(source: string): XmlElement {
  if (/<!(?!--|\[CDATA\[)/.test(source)) throw new WinRmError('protocol', 'the XML has a DOCTYPE, which is refused');
  if (hasTooManyMarks(source)) throw new WinRmError('protocol', `the XML has more than ${MAX_MARKS} elements and attributes`);
  if (XMLValidator.validate(source) !== true) throw new WinRmError('protocol', 'the answer is not well-formed XML');
  const roots = parseNodes(source).filter((node) => tagOf(node) !== undefined);
  const root = roots[0];
  if (!root || roots.length > 1) throw new WinRmError('protocol', 'the answer is not one XML element');
  return resolve(root, OUTERMOST, 0);
}

/** Before anything is parsed: a host must not hold the whole process with one answer. */
function hasTooManyMarks(source: string): boolean {
  const mark = /<(?!\/)|=\s*["']/g;
  let marks = 0;
  while (mark.test(source)) if (++marks > MAX_MARKS) return true;
  return false;
}

function parseNodes(source: string): Node[] {
  try {
    return parser.parse(source) as Node[];
  } catch (thrown) {
    throw new WinRmError('protocol', 'the answer is not well-formed XML', { cause: thrown });
  }
}

/** The node's qualified name; undefined for text. */
function tagOf(node: Node): string | undefined {
  return Object.keys(node).find((key) => key !== ATTRIBUTES && key !== TEXT && key !== CDATA);
}

function resolve(node: Node, outer: Scope, depth: number): XmlElement {
  if (depth > MAX_DEPTH) throw new WinRmError('protocol', 'the XML is nested too deeply');
  const tag = tagOf(node) as string;
  const written = Object.entries((node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>);
  const scope = written.some(([name]) => name.startsWith('@xmlns')) ? Object.create(outer) as Record<string, string> : outer as Record<string, string>;
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [prefixed, value] of written) {
    const name = prefixed.slice(1);
    if (name === 'xmlns') scope[''] = resolved(value);
    else if (name.startsWith('xmlns:')) scope[name.slice(6)] = resolved(value);
    else attributes[local(name)] = resolved(value);
  }
  const children: XmlElement[] = [];
  let text = '';
  for (const child of node[tag] as readonly Node[]) {
    if (TEXT in child) text += resolved(child[TEXT] as string);
    else if (CDATA in child) text += (child[CDATA] as readonly Node[]).map((part) => part[TEXT] as string).join('');
    else children.push(resolve(child, scope, depth + 1));
  }
  return { ns: namespaceOf(tag, scope), name: local(tag), attributes, children, text };
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function namespaceOf(tag: string, scope: Scope): string {
  const colon = tag.indexOf(':');
  if (colon < 0) return scope[''] ?? '';
  const ns = scope[tag.slice(0, colon)];
  if (ns === undefined) throw new WinRmError('protocol', 'the XML uses an undeclared prefix');
  return ns;
}

/** Text with its entities resolved; only those that need no declaration are known. */
function resolved(text: string): string {
  return decodeEntities(text, () => {
    throw new WinRmError('protocol', 'the XML has an unknown entity');
  });
}

/** The first child with this name. */
export function child(element: XmlElement, ns: string, name: string): XmlElement | undefined {
  return element.children.find((candidate) => candidate.ns === ns && candidate.name === name);
}

/** All children with this name. */
export function childrenOf(element: XmlElement, ns: string, name: string): readonly XmlElement[] {
  return element.children.filter((candidate) => candidate.ns === ns && candidate.name === name);
}

/** Characters that XML 1.0 cannot hold, even as references. */
const UNREPRESENTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** Text for an element or a quoted attribute. @throws RangeError for characters that XML cannot hold. */
export function escapeXml(text: string): string {
  if (UNREPRESENTABLE.test(text) || /\p{Surrogate}/u.test(text)) throw new RangeError('text for WinRM may not hold control characters or lone surrogates');
  return text.replace(/[<>&"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
