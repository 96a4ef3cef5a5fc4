import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { GrantClaims } from '@opsmesh/contracts';
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { StartError } from '../config/start-error.js';
import { grantKey, publicHalf, signGrant, verifyGrant, type GrantSigner } from './grants.js';
import { readKeyFile, readOrCreateKeyFile } from './key-file.js';
import { ServiceTokens } from './service-tokens.js';

/** The keys of a data folder. Nothing is read or made before it is needed. */
export function openKeys(dataDir: string): Keys {
  return new Keys(join(dataDir, 'keys'));
}

/**
 * Key files of one folder, each 0600 and made by whoever needs it first: `service.key` (tokens between services), `grant.key` and `grant.pub`
 * (grants; only the orchestrator may use the private one), `<name>.key` (a service's own secret).
 */
export class Keys {
  private readonly tokens: ServiceTokens;
  private readonly loaded = new Map<string, Promise<unknown>>();

  constructor(private readonly folder: string) {
    this.tokens = new ServiceTokens(() => this.secret('service'));
  }

  /** A token with which `from` may call `to`; kept until 20 s before it expires. */
  serviceToken(from: string, to: string): Promise<string> {
    return this.tokens.issue(from, to);
  }

  /** @throws TokenRefused when the token is not a live token for `audience`. */
  verifyServiceToken(token: string, audience: string): Promise<{ service: string }> {
    return this.tokens.verify(token, audience);
  }

  /**
   * Loads `grant.key`, and makes it and `grant.pub` when they are missing. For the orchestrator only.
   * @throws StartError when a file is damaged or the two do not belong together
   */
  async makeGrantKeys(): Promise<void> {
    await this.once('grant.key', () => this.loadGrantKey());
  }

  /** The signer of grants; makes the keys as {@link makeGrantKeys} when nobody has. */
  grantSigner(): GrantSigner {
    const key = this.once('grant.key', () => this.loadGrantKey());
    key.catch(() => undefined); // reported by sign()
    return { sign: async (claims) => signGrant(claims, await key) };
  }

  /**
   * The claims of a grant that is genuine and alive.
   * @throws TokenRefused when it is not, StartError when `grant.pub` is missing.
   */
  async verifyGrant(jws: string): Promise<GrantClaims> {
    return verifyGrant(jws, await this.once('grant.pub', () => this.loadGrantPub()));
  }

  /** 32 random bytes in `<name>.key`, made on first use. */
  secret(name: string): Promise<Buffer> {
    return this.once(`${name}.key`, async () => {
      const path = join(this.folder, `${name}.key`);
      const bytes = await readOrCreateKeyFile(path, 'secret', () => randomBytes(32));
      if (bytes.length !== 32) throw new StartError(`the key file ${path} has ${bytes.length} bytes instead of 32: restore it from a backup`);
      return bytes;
    });
  }

  private async loadGrantKey(): Promise<CryptoKey> {
    const bytes = await readOrCreateKeyFile(join(this.folder, 'grant.key'), 'secret', async () => {
      const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
      return Buffer.from(JSON.stringify(await exportJWK(privateKey)));
    });
    const jwk = this.parse(bytes, 'grant.key');
    const published = JSON.stringify(publicHalf(jwk));
    const found = await readOrCreateKeyFile(join(this.folder, 'grant.pub'), 'public', () => Buffer.from(published));
    if (JSON.stringify(publicHalf(this.parse(found, 'grant.pub'))) !== published) {
      throw new StartError(`grant.pub does not belong to grant.key in ${this.folder}: remove grant.pub and restart every process`);
    }
    return grantKey(jwk);
  }

  private async loadGrantPub(): Promise<CryptoKey> {
    const bytes = await readKeyFile(join(this.folder, 'grant.pub'), 'public');
    if (!bytes) throw new StartError(`grant.pub is missing in ${this.folder}: the orchestrator makes it on start; both must use the same OPSMESH_DATA, or give this process a copy of the file`);
    return grantKey(publicHalf(this.parse(bytes, 'grant.pub')));
  }

  private parse(bytes: Buffer, name: string): JWK {
    try {
      return JSON.parse(bytes.toString()) as JWK;
    } catch {
      throw new StartError(`the key file ${join(this.folder, name)} is damaged: restore it from a backup`);
    }
  }

  /** Loads a key once; a failure is forgotten so that it can be mended without a restart. */
  private once<T>(name: string, load: () => Promise<T>): Promise<T> {
    const known = this.loaded.get(name) as Promise<T> | undefined;
    if (known) return known;
    const loading = load();
    this.loaded.set(name, loading);
    loading.catch(() => this.loaded.delete(name));
    return loading;
  }
}
