/** The TypeScript of a client from an OpenAPI 3 document. */
export function generateClient(document: unknown): string;
