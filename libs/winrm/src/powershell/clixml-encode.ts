import { escapeClixml } from './clixml-escapes.js';

/** Streams of PowerShell that CLIXML carries as text. */
export type ClixmlStream = 'Error' | 'Warning' | 'Verbose' | 'Debug' | 'Information';

export const CLIXML_HEADER = '#< CLIXML';

/** One record for encodeClixml: a line of a stream, or the progress of an activity. */
export type ClixmlRecord = { readonly stream: ClixmlStream; readonly text: string } | { readonly activity: string };

/** What powershell.exe writes to standard error for these records. */
export function encodeClixml(records: readonly ClixmlRecord[]): string {
  const objects = records.map((record, index) => 'stream' in record
    ? `<S S="${record.stream}">${escapeClixml(record.text)}</S>`
    : `<Obj S="progress" RefId="${index}"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><I64 N="SourceId">1</I64><PR N="Record"><AV>${escapeClixml(record.activity)}</AV><AI>0</AI><Nil /><PI>-1</PI><PC>-1</PC><T>Completed</T><SR>-1</SR><SD> </SD></PR></MS></Obj>`);
  return `${CLIXML_HEADER}\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">${objects.join('')}</Objs>`;
}
