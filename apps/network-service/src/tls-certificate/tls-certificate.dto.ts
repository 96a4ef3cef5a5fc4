import { IsArray, IsBoolean, IsInt, IsISO8601, IsOptional, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { IsShownName } from '../targets/host-name-input.js';

export class TlsCertificateInput {
  @JSONSchema({ description: 'IP address or host name to connect to.' })
  @IsString() @MinLength(1) @MaxLength(253) target_host!: string;

  @IsShownName() host_name?: string;

  @JSONSchema({ description: 'TCP port that speaks TLS from its first byte.', default: 443 })
  @IsOptional() @IsInt() @Min(1) @Max(65535) port?: number;

  @JSONSchema({ description: 'Name to ask for (SNI) and to look for in the certificate; the target itself when it is a name.' })
  @IsOptional() @IsString() @MinLength(1) @MaxLength(253) server_name?: string;

  @JSONSchema({ description: 'Seconds to wait for the connection and the handshake together.', default: 10 })
  @IsOptional() @IsInt() @Min(1) @Max(60) timeout?: number;
}

export class TlsCertificateOutput {
  /** `host_name`, else the target as the caller wrote it. */
  @IsString() host!: string;
  /** The address that was connected to. */
  @IsString() address!: string;
  @IsInt() @Min(1) @Max(65535) port!: number;
  /** Distinguished names on one line, such as `CN=web-1, O=Acme`. */
  @IsString() subject!: string;
  @IsString() issuer!: string;
  /** Names and addresses it is for (subject alternative names), such as `DNS:web-1`. */
  @IsArray() @IsString({ each: true }) names!: string[];
  @IsISO8601() validFrom!: string;
  @IsISO8601() validTo!: string;
  /** Whole days until `validTo`; negative when it is over. */
  @IsInt() daysLeft!: number;
  @IsBoolean() expired!: boolean;
  /** Whether this worker's certificate authorities vouch for it and for the name. */
  @IsBoolean() trusted!: boolean;
  /** Why it is not trusted, in the words of TLS, for example `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  @IsOptional() @IsString() distrust?: string;
  /** For example `TLSv1.3`. */
  @IsString() protocol!: string;
  /** SHA-256 of the certificate, as upper-case hex pairs with colons. */
  @IsString() fingerprint256!: string;
}
