/** The files of the explorer's page, as packages/explorer builds them. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** File name → what is served under it. */
export type PageFiles = ReadonlyMap<string, { readonly contentType: string; readonly body: string }>;

/**
 * Reads the page once. `rpcUrl`: the chain's RPC that the page proposes for proofs; people may enter another. Rejects when
 * the page is not built.
 */
export async function readPageFiles(rpcUrl: string | undefined): Promise<PageFiles> {
  let folder: string;
  try {
    folder = dirname(fileURLToPath(import.meta.resolve('@assay/explorer/page/index.html')));
    const names = (await readdir(folder)).filter((name) => extname(name) in contentTypes);
    const files = await Promise.all(
      names.map(async (name) => {
        const contentType = contentTypes[extname(name)] ?? '';
        return [name, { contentType, body: await readFile(join(folder, name), 'utf8') }] as const;
      }),
    );
    const settings = JSON.stringify(rpcUrl === undefined ? {} : { rpcUrl });
    return new Map([...files, ['settings.json', { contentType: 'application/json', body: settings }]]);
  } catch (error) {
    throw new Error('The page of the explorer is not built: run "npm run build", or set EXPLORER=off.', {
      cause: error,
    });
  }
}
