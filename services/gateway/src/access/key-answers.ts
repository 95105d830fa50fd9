/** The routes that manage API keys. */
import { keyIdSchema, keyRequestSchema, keyRotationSchema, keysQuery } from '@assay/protocol/api/api-keys';
import { checkShape } from '@assay/protocol/encoding/decode';
import type { Checked } from '@assay/protocol/refusal';
import { z } from 'zod';
import { type ApiRequest, type ApiResponse, refuse } from '../api.ts';
import type { Gateway } from '../gateway.ts';
import type { KeyBook } from './key-book.ts';

const listedAtFirst = 50;
const pathSchema = z.object({ keyId: keyIdSchema });

/** GET /v1/keys/self: the key of the request, without its secret. */
export async function readOwnKey(_gateway: Gateway, { key }: ApiRequest): Promise<ApiResponse> {
  if (key === undefined) return keysAreOff();
  return { status: 200, body: key };
}

/** GET /v1/keys: all keys without their secrets. `?limit=` of them (50, at most 200), `?after=` an id. */
export async function listKeys({ keys }: Gateway, request: ApiRequest): Promise<ApiResponse> {
  if (keys === undefined) return keysAreOff();
  const query = checkShape(keysQuery, request.query);
  if (!query.ok) return refuse(query.refusal);
  const { limit, after } = query.value;
  const wanted = limit || listedAtFirst;
  const listed = keys.list(wanted + 1, after);
  const page = listed.slice(0, wanted);
  const last = listed.length > wanted ? page.at(-1) : undefined;
  return { status: 200, body: { keys: page, ...(last === undefined ? {} : { after: last.id }) } };
}

/** POST /v1/keys: a new key. The answer has its token, which is nowhere else. */
export async function createKey({ keys }: Gateway, request: ApiRequest): Promise<ApiResponse> {
  if (keys === undefined) return keysAreOff();
  const wanted = checkShape(keyRequestSchema, request.body);
  return wanted.ok ? stated(201, await keys.create(wanted.value)) : refuse(wanted.refusal);
}

/** POST /v1/keys/:keyId/rotate: another token; the old one is valid for `graceSeconds` more (0 if absent). */
export async function rotateKey({ keys }: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const rotation = checkShape(keyRotationSchema, request.body ?? {});
  if (!rotation.ok) return refuse(rotation.refusal);
  return changeKey(keys, request, (book, id) => book.rotate(id, rotation.value.graceSeconds));
}

/** POST /v1/keys/:keyId/revoke: the key is never valid again, at any gateway. */
export async function revokeKey({ keys }: Gateway, request: ApiRequest): Promise<ApiResponse> {
  return changeKey(keys, request, (book, id) => book.revoke(id));
}

async function changeKey(
  keys: KeyBook | undefined,
  request: ApiRequest,
  change: (book: KeyBook, id: string) => Promise<Checked<unknown>>,
): Promise<ApiResponse> {
  if (keys === undefined) return keysAreOff();
  const named = checkShape(pathSchema, request.params);
  return named.ok ? stated(200, await change(keys, named.value.keyId)) : refuse(named.refusal);
}

function stated(status: number, result: Checked<unknown>): ApiResponse {
  if (!result.ok) return refuse(result.refusal);
  return { status, body: result.value, headers: { 'cache-control': 'no-store' } };
}

/** Without keys nobody is an administrator, and nothing is anyone's. */
export function keysAreOff(): ApiResponse {
  return refuse({ code: 'not-found', detail: 'This gateway asks for no API keys: API_KEYS is off.' });
}
