/** What we use of js-md4, which ships no types. OpenSSL 3 has no MD4. */
declare module 'js-md4' {
  const md4: { arrayBuffer(message: Uint8Array): ArrayBuffer };
  export default md4;
}
