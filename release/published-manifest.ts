/** The manifest of a published package, made from the one in the repository. Pure. */

/** The fields of a package.json that are used here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  /** Folders that are published. */
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Fields that all packages share. */
export interface Publication {
  readonly engines: Readonly<Record<string, string>>;
  /** The repository's URL, as `git+https://…`; npm requires it for a package with provenance. */
  readonly repository: string | undefined;
}

/**
 * In the repository, `exports` names sources, and types are visible only to packages that may import them
 * (`may-import-*`). In the published package, the same subpaths name built files and their types. Scripts and
 * development dependencies are left out. Throws for a package without a description, or with an export of code other
 * than `./*`.
 */
export function publishedManifest(manifest: Manifest, folder: string, publication: Publication) {
  const { name, version, description, license, type, sideEffects, bin, files, dependencies } = manifest;
  if (description === undefined || files === undefined)
    throw new Error(`${folder}/package.json lacks "description" or "files"; a published package has both.`);
  return {
    name,
    version,
    description,
    license,
    type,
    ...(publication.repository && {
      repository: { type: 'git', url: publication.repository, directory: folder },
    }),
    engines: publication.engines,
    ...(sideEffects !== undefined && { sideEffects }),
    ...(bin && { bin }),
    exports: publishedExports(manifest, folder),
    files,
    publishConfig: { access: 'public', provenance: publication.repository !== undefined },
    ...(dependencies && { dependencies }),
  };
}

function publishedExports({ exports = {}, files: folders = [] }: Manifest, folder: string): Record<string, unknown> {
  // Folders of files that are no modules are published as they are.
  const files = Object.fromEntries(
    folders.map((one) => [`./${one}/*`, `./${one}/*`]).filter(([subpath = '']) => subpath in exports),
  );
  const unknown = Object.keys(exports).find((subpath) => subpath !== './*' && !(subpath in files));
  if (unknown !== undefined) throw new Error(`${folder}/package.json exports "${unknown}"; only "./*" is known here.`);
  const hasModules = './*' in exports;
  return {
    './package.json': './package.json',
    ...(folders.includes('solidity') && { './solidity/*': './solidity/*' }),
    ...files,
    ...(hasModules && { './*': { types: './dist/*.d.ts', default: './dist/*.js' } }),
  };
}
