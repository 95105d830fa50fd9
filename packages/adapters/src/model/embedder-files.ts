/** A model's files on disk: their location and digest. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

/**
 * Files at the top of a model folder that determine its vectors. Other files there (readme, other precisions) are not
 * read.
 */
const textFiles = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
const graphFolder = 'onnx';
const graphFile = /^model\.onnx(_data.*)?$/;

/** The folder of a model by its name: `<modelDir>/<name>`, or the name itself if it is a path. Undefined: none. */
export function findModelFolder(modelDir: string, modelName: string): string | undefined {
  const candidates = isAbsolute(modelName) ? [modelName] : [resolve(modelDir, modelName), resolve(modelName)];
  return candidates.find((folder) => existsSync(join(folder, 'config.json')));
}

/**
 * SHA-256 over the sorted lines `<path> <sha256>` of the files that determine the model's vectors. The same model has
 * the same digest on every machine.
 */
export async function modelDigestOf(folder: string): Promise<`0x${string}`> {
  const graphs = (await readdir(join(folder, graphFolder))).filter((name) => graphFile.test(name));
  if (graphs.length === 0) throw new Error(`${folder} has no ${graphFolder}/model.onnx (32-bit floats).`);
  const paths = [...textFiles, ...graphs.map((name) => `${graphFolder}/${name}`)];
  const lines = await Promise.all(paths.map(async (path) => `${path} ${await sha256Of(join(folder, path))}\n`));
  return `0x${createHash('sha256').update(lines.toSorted().join('')).digest('hex')}`;
}

/** The digest of a model by its name; undefined where there is no such folder. */
export async function modelDigestAt(modelDir: string, modelName: string): Promise<`0x${string}` | undefined> {
  const folder = findModelFolder(modelDir, modelName);
  return folder === undefined ? undefined : modelDigestOf(folder);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
