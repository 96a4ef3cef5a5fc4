import { decodeEntities } from '../xml/entities.js';
import { escapeXml } from '../xml/document.js';

/** Text in CLIXML (MS-PSRP 2.2.5.3.2): `_xHHHH_` for what XML cannot hold, for line ends, and for an underscore that would read as such an escape. */
export function escapeClixml(text: string): string {
  return escapeXml(text.replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9a-fA-F]{4}_)/g, (unit) => `_x${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`));
}

/** The other way; what is no escape stays as it is. */
export function unescapeClixml(text: string): string {
  return decodeEntities(text, (unknown) => unknown).replace(/_x([0-9a-fA-F]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
