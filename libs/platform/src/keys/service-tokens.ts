import { jwtVerify, SignJWT } from 'jose';
import { TokenRefused } from './token-refused.js';

/** Life of a service token, in seconds. */
const LIFE_SECONDS = 60;
/** A cached token is replaced when it has less than this to live, in seconds. */
const RENEW_SECONDS = 20;
/** How far two machines' clocks may differ, in seconds. */
const SKEW_SECONDS = 5;
/** Verified tokens that are remembered, so that a sender's cached token is checked once. */
const REMEMBERED = 1000;

interface Seen {
  readonly service: string;
  readonly audience: string;
  /** When it expires, in milliseconds since the epoch. */
  readonly until: number;
}

/** Short tokens between services: JWT, HS256 with the shared `service.key`, `iss` = sender, `aud` = receiver. */
export class ServiceTokens {
  private readonly sent = new Map<string, { token: Promise<string>; renewAt: number }>();
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly key: () => Promise<Uint8Array>) {}

  issue(from: string, to: string): Promise<string> {
    const pair = `${from} ${to}`;
    const cached = this.sent.get(pair);
    if (cached && cached.renewAt > Date.now()) return cached.token;
    const token = this.sign(from, to);
    this.sent.set(pair, { token, renewAt: Date.now() + (LIFE_SECONDS - RENEW_SECONDS) * 1000 });
    token.catch(() => this.sent.delete(pair));
    return token;
  }

  /** @throws TokenRefused when the token is not a live token for `audience`. */
  async verify(token: string, audience: string): Promise<{ service: string }> {
    const seen = this.seen.get(token);
    if (seen && seen.audience === audience && seen.until > Date.now()) return { service: seen.service };
    const key = await this.key();
    const verified = await jwtVerify(token, key, { algorithms: ['HS256'], audience, clockTolerance: SKEW_SECONDS, maxTokenAge: LIFE_SECONDS, requiredClaims: ['iss', 'exp', 'iat'] })
      .catch((e: unknown) => { throw new TokenRefused(`the service token is not valid for ${audience}`, { cause: e }); });
    const { iss, exp } = verified.payload;
    if (!iss || !exp) throw new TokenRefused('the service token has no issuer');
    this.remember(token, { service: iss, audience, until: exp * 1000 });
    return { service: iss };
  }

  private async sign(from: string, to: string): Promise<string> {
    return new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setIssuer(from).setAudience(to).setIssuedAt().setExpirationTime(`${LIFE_SECONDS}s`).sign(await this.key());
  }

  private remember(token: string, seen: Seen): void {
    if (this.seen.size >= REMEMBERED) this.seen.clear();
    this.seen.set(token, seen);
  }
}
