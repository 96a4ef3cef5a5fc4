/**
 * One HTTP call with JSON both ways.
 * @param {string} method
 * @param {string} url
 * @param {{ body?: unknown, token?: string }} [options] token: an API token
 * @returns {Promise<any>} the parsed answer, undefined when it is empty
 * @throws Error with the problem document's code and detail (RFC 9457)
 */
export async function call(method, url, { body, token } = {}) {
  const response = await fetch(url, {
    method,
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (response.ok) return text === '' ? undefined : JSON.parse(text);
  throw new Error(`${method} ${url} was answered with ${response.status}${told(text)}`);
}

function told(text) {
  try {
    const { code, detail, title, errors = [] } = JSON.parse(text);
    return ` ${code}: ${detail ?? title}${errors.map((e) => `\n  ${e.pointer || '/'} ${e.message}`).join('')}`;
  } catch {
    return text === '' ? '' : `: ${text.slice(0, 500)}`;
  }
}
