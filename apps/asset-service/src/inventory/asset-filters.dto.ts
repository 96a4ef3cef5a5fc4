import { IsBoolean, IsOptional } from 'class-validator';
import { ASSET_STATUSES, PROTOCOLS, type AssetStatus, type Protocol } from './asset-fields.js';
import { FitsSchema } from './fits-schema.js';

/** Most values in one list of a filter. */
const FILTER_VALUES = 1000;

/** Text: exact, one of, or a condition whose members must all hold. Upper and lower case are the same. */
export type TextFilter = string | string[] | { in?: string[]; not?: string | string[]; prefix?: string; contains?: string; exists?: boolean };
/** One value, or one of several. */
export type ChoiceFilter<T> = T | T[];
/** Addresses or networks (`10.0.0.0/8`): one, one of, or inside (`cidr`) and not inside (`not`). */
export type AddressFilter = string | string[] | { cidr?: string | string[]; not?: string | string[]; exists?: boolean };
/** A tag or a list means any of them. */
export type TagFilter = string | string[] | { any?: string[]; all?: string[]; none?: string[] };
/** ISO 8601 times; `after` and `before` both exclude the moment itself. */
export interface TimeFilter { after?: string; before?: string }
export type AttributeValue = string | number | boolean | null;
/** Path (`rack.row`) to the value that must be there; a list means any of its values. */
export type AttributeFilter = Record<string, AttributeValue | AttributeValue[]>;

const text = { type: 'string', minLength: 1, maxLength: 255, pattern: '^[^\\u0000]*$' };
const list = (items: object) => ({ type: 'array', items, minItems: 0, maxItems: FILTER_VALUES });
const oneOrMore = (items: object) => [items, list(items)];
const condition = (properties: object) => ({ type: 'object', properties, additionalProperties: false, minProperties: 1 });
const exists = { type: 'boolean' };

const TEXT = { anyOf: [...oneOrMore(text), condition({ in: list(text), not: { anyOf: oneOrMore(text) }, prefix: text, contains: text, exists })] };
const TEXT_MEANS = 'a text, a list of texts, or an object with in, not, prefix, contains or exists';
const address = { type: 'string', minLength: 2, maxLength: 64, pattern: '^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$' };
const ADDRESS = { anyOf: [...oneOrMore(address), condition({ cidr: { anyOf: oneOrMore(address) }, not: { anyOf: oneOrMore(address) }, exists })] };
const TAGS = { anyOf: [...oneOrMore(text), condition({ any: list(text), all: list(text), none: list(text) })] };
const uuid = { type: 'string', pattern: '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' };
const port = { type: 'integer', minimum: 1, maximum: 65_535 };
const moment = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2}))?$' };
const TIME = condition({ after: moment, before: moment });
const scalar = { type: ['string', 'number', 'boolean', 'null'] };
const ATTRIBUTES = { type: 'object', maxProperties: 32, additionalProperties: { anyOf: [scalar, list(scalar)] } };
const choices = (values: readonly string[]) => ({ anyOf: oneOrMore({ type: 'string', enum: [...values] }) });

/** Which assets are meant: all members must hold. An empty list of values matches nothing. */
export class AssetFiltersDto {
  @IsOptional() @FitsSchema({ anyOf: oneOrMore(uuid) }, 'an asset id or a list of them') id?: ChoiceFilter<string>;
  @IsOptional() @FitsSchema(TEXT, TEXT_MEANS) hostname?: TextFilter;
  @IsOptional() @FitsSchema(ADDRESS, 'an address or network, a list of them, or an object with cidr, not or exists') ip_address?: AddressFilter;
  @IsOptional() @FitsSchema(TEXT, TEXT_MEANS) os?: TextFilter;
  @IsOptional() @FitsSchema(TEXT, TEXT_MEANS) environment?: TextFilter;
  @IsOptional() @FitsSchema(choices(ASSET_STATUSES), `one or a list of ${ASSET_STATUSES.join(', ')}`) status?: ChoiceFilter<AssetStatus>;
  @IsOptional() @FitsSchema(TEXT, TEXT_MEANS) location?: TextFilter;
  @IsOptional() @FitsSchema(TAGS, 'a tag, a list of tags (any of them), or an object with any, all or none') tags?: TagFilter;
  @IsOptional() @FitsSchema(ATTRIBUTES, 'an object of path and value, or list of values') attributes?: AttributeFilter;
  @IsOptional() @FitsSchema(choices(PROTOCOLS), `one or a list of ${PROTOCOLS.join(', ')}`) protocol?: ChoiceFilter<Protocol>;
  @IsOptional() @FitsSchema({ anyOf: oneOrMore(port) }, 'a port or a list of ports') port?: ChoiceFilter<number>;
  @IsOptional() @FitsSchema({ anyOf: oneOrMore(uuid) }, 'a credential id or a list of them') credential_id?: ChoiceFilter<string>;
  @IsOptional() @IsBoolean() tls?: boolean;
  /** Assets that are reached through these. */
  @IsOptional() @FitsSchema({ anyOf: oneOrMore(uuid) }, 'an asset id or a list of them') jump_host?: ChoiceFilter<string>;
  @IsOptional() @FitsSchema(TIME, 'an object with after or before, ISO 8601 times') created_at?: TimeFilter;
  @IsOptional() @FitsSchema(TIME, 'an object with after or before, ISO 8601 times') updated_at?: TimeFilter;
}
