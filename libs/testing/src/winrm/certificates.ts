import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key pair with its certificate, both PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
  /** SHA-256, `AA:BB:...`. */
  readonly fingerprint: string;
}

/** Whether openssl is installed, which makes the certificates. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A certificate of one day that signs itself, for the given names (`IP:127.0.0.1`, `DNS:host`). It may serve as its own CA, as a server's and as a client's. */
export function selfSigned(commonName: string, names: readonly string[]): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'opsmesh-cert-'));
  try {
    const [config, cert, key] = ['config', 'cert', 'key'].map((n) => join(folder, n)) as [string, string, string];
    writeFileSync(config, ['[req]', 'distinguished_name=dn', 'prompt=no', 'x509_extensions=ext', '[dn]', `CN=${commonName}`, '[ext]', `subjectAltName=${names.join(',')}`,
      'basicConstraints=critical,CA:TRUE', 'extendedKeyUsage=serverAuth,clientAuth', ''].join('\n'));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256', '-days', '1', '-config', config, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const certificate = readFileSync(cert, 'utf8');
    return { certificate, key: readFileSync(key, 'utf8'), fingerprint: new X509Certificate(certificate).fingerprint256 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
