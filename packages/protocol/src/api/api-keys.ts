/** API keys of the gateway: what a key may do, and the schemas of the routes that manage keys. */
import { z } from 'zod';
import { textSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';

/** What a key may be used for. A key has exactly the scopes that it lists: `admin` alone submits nothing. */
export const scopes = ['submit', 'read', 'admin'] as const;

/** See {@link scopes}: `submit` hands in tasks and session messages, `read` reads them, `admin` manages keys. */
export type Scope = (typeof scopes)[number];

/** The public part of a key: it is the beginning of the token, and appears in lists and metrics. */
export const keyIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 lower-case hexadecimal digits');

const momentSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const scopesSchema = z
  .array(z.enum(scopes))
  .min(1)
  .max(scopes.length)
  .refine((list) => new Set(list).size === list.length, { error: 'names a scope twice' });
const ownerSchema = textSchema.min(1).max(limits.keyOwnerCharsMax);

/** A key without its secret. Times are milliseconds since 1970. */
export const apiKeySchema = z.strictObject({
  id: keyIdSchema,
  /** Who uses it, in the words of whoever created it. */
  owner: ownerSchema,
  scopes: scopesSchema,
  createdAtMs: momentSchema,
  /** Missing: it does not expire. */
  expiresAtMs: momentSchema.optional(),
  /** Missing: it is not revoked. A revoked key is never valid again. */
  revokedAtMs: momentSchema.optional(),
});

/** See {@link apiKeySchema}. */
export type ApiKey = z.infer<typeof apiKeySchema>;

/** Body of `POST /v1/keys`. */
export const keyRequestSchema = z.strictObject({
  owner: ownerSchema,
  scopes: scopesSchema,
  expiresInDays: z.int().min(1).max(limits.keyDaysMax).optional(),
});

/** See {@link keyRequestSchema}. */
export type KeyRequest = z.infer<typeof keyRequestSchema>;

/** Body of `POST /v1/keys/:keyId/rotate`: how long the old token stays valid. */
export const keyRotationSchema = z.strictObject({
  graceSeconds: z.int().min(0).max(limits.keyGraceSecondsMax).default(0),
});

/** A key with its token. The gateway keeps a hash, so the token is shown this once. */
export const issuedKeySchema = z.strictObject({ key: apiKeySchema, token: z.string() });

/** See {@link issuedKeySchema}. */
export type IssuedKey = z.infer<typeof issuedKeySchema>;

/** `GET /v1/keys`: in the order of ids; `after` asks for the next page, and is missing on the last one. */
export const keysAnswerSchema = z.strictObject({ keys: z.array(apiKeySchema), after: keyIdSchema.optional() });

/** Query of `GET /v1/keys`. */
export const keysQuery = z.object({
  limit: z.coerce.number().int().min(0).max(limits.keysListedMax).default(0),
  after: keyIdSchema.optional(),
});

/** The token in an `authorization` header (RFC 6750); undefined if it has none, or an impossible one. */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S{1,256})$/i.exec(authorization ?? '')?.[1];
}
