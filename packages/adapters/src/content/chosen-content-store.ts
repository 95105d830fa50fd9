/** Which content store a process uses, by its settings. */
import { pathToFileURL } from 'node:url';
import type { ContentStore, Log } from '@assay/protocol/ports';
import { type ContentMemory, freshContentMemory } from './content-cache.ts';
import { kuboContentStore } from './kubo-content-store.ts';

/** Field names are those of the environment variables. */
export interface ContentStoreSettings {
  readonly CONTENT_STORE: 'nats' | 'kubo' | 'module';
  readonly KUBO_RPC_URL?: string | undefined;
  readonly CONTENT_STORE_MODULE?: string | undefined;
}

/** A content store with something to close. */
export interface OpenContentStore extends ContentStore {
  close(): Promise<void>;
}

/**
 * The export of a custom module (`optional/helia-content-store` is one). It reads its settings from the environment.
 */
export interface ContentStoreModule {
  openContentStore(options: { readonly log: Log }): Promise<OpenContentStore>;
}

/**
 * The content store that the settings select: JetStream's (already open), a Kubo node's, or a module's. Throws if a
 * setting is missing.
 */
export async function chosenContentStore(
  settings: ContentStoreSettings,
  nats: ContentStore,
  log: Log,
  memory: ContentMemory = freshContentMemory(),
): Promise<OpenContentStore> {
  const close = () => Promise.resolve();
  if (settings.CONTENT_STORE === 'nats') return { ...nats, close };
  if (settings.CONTENT_STORE === 'kubo') {
    if (settings.KUBO_RPC_URL === undefined) throw new Error('CONTENT_STORE is kubo, but KUBO_RPC_URL is not set.');
    return { ...kuboContentStore(settings.KUBO_RPC_URL, Date.now, memory), close };
  }
  const path = settings.CONTENT_STORE_MODULE;
  if (path === undefined) throw new Error('CONTENT_STORE is module, but CONTENT_STORE_MODULE is not set.');
  const loaded = (await import(pathToFileURL(path).href)) as Partial<ContentStoreModule>;
  if (typeof loaded.openContentStore !== 'function')
    throw new Error(`CONTENT_STORE_MODULE ${path} exports no openContentStore.`);
  return loaded.openContentStore({ log });
}
