import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { openSheet } from '../config/document.js';
import { Problems, renderProblem } from '../config/problem.js';
import * as shape from '../config/shapes.js';
import { Spots } from '../config/spots.js';
import { Walk } from '../config/walk.js';
import { Failure } from '../drivers/failure.js';
import { packageFile } from '../paths.js';

const matching = (grammar: RegExp, expected: string) => z.string().regex(grammar, expected).meta({ expected });
const debian = matching(/^[a-z0-9][a-z0-9+.-]{1,99}(:[a-z0-9]+)?(=[A-Za-z0-9.+:~-]{1,80})?$/, 'the name of a Debian package');
const argument = matching(/^[^\u0000-\u001f\u007f]{1,4000}$/, 'one word of a command, without control characters');
const inTree = matching(/^\/[\w.+/-]{1,200}$/, 'an absolute path in the image');

/** A recipe file. */
export const recipeSchema = z.strictObject({
  /** Of the image; the file's own name where it is not said. */
  name: shape.plainWord.optional(),
  suite: matching(/^[a-z][a-z0-9-]{1,30}$/, "Debian's code name, such as bookworm").default('bookworm'),
  mirror: matching(/^(https?|file|copy):\/\/?[\w.:/@~%+-]{1,200}$/, 'an address such as http://deb.debian.org/debian').optional(),
  components: z.array(shape.plainWord).default(['main']),
  variant: z.enum(['minbase', 'apt', 'essential', 'buildd', 'standard', 'important']).default('minbase'),
  packages: z.array(debian).default([]),
  /** Files of package names, one a line, `#` begins a remark. */
  packageLists: z.array(shape.path).default([]),
  /** Domus's own part of a guest (`rootfs/`) goes in first. */
  rootfs: z.boolean().meta({ expected: 'true or false' }).default(true),
  /** Folders whose files are laid over the tree, in this order. */
  overlays: z.array(shape.path).default([]),
  /** Run inside the tree after the overlays, one by one; each is a list of words, no shell. */
  commands: z.array(z.array(argument)).default([]),
  /** In the tree; the newest in /boot where it is not said. */
  kernel: inTree.optional(),
  ramdisk: inTree.optional(),
  /** Of the root disk; a little more than its files take where it is not said: guests grow it to their own. */
  disk: shape.size.optional(),
  compress: z.boolean().meta({ expected: 'true or false' }).default(false),
});
export type RecipeFile = z.output<typeof recipeSchema>;

export interface Recipe extends RecipeFile {
  readonly name: string;
  readonly file: string;
  readonly everyPackage: readonly string[];
  /** Absolute, in order. */
  readonly layers: readonly string[];
  /** SHA-256 of everything that it says and puts in. */
  readonly sum: string;
}

const largestList = 1 << 20;

async function textFile(path: string, by: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    throw new Failure('refused', `${by}: ${path} cannot be read (${thrown.code ?? thrown.message})`, { cause: thrown });
  });
  if (text.length > largestList) throw new Failure('refused', `${path} is larger than 1MiB`);
  return text;
}

async function packagesIn(path: string, by: string): Promise<readonly string[]> {
  const lines = (await textFile(path, by)).split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.flatMap((line, at) => {
    if (line === '') return [];
    if (debian.safeParse(line).success) return [line];
    throw new Failure('refused', `${path}:${at + 1}: ${JSON.stringify(line.slice(0, 60))} is not the name of a Debian package`);
  });
}

/** Sums what a folder puts in: names, modes, contents. Raises Failure `refused` where there is no such folder. */
async function sumFolder(hash: ReturnType<typeof createHash>, folder: string, by: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((thrown: NodeJS.ErrnoException) => {
    throw new Failure('refused', `${by}: overlay ${folder} cannot be read (${thrown.code ?? thrown.message})`, { cause: thrown });
  });
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) })).sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { entry, path } of paths) {
    hash.update(`\n${path.slice(folder.length)}\n`);
    if (entry.isSymbolicLink()) hash.update(await readlink(path));
    else if (entry.isFile()) hash.update(await readFile(path));
  }
}

/** Reads a recipe and everything that it names. Raises Failure `refused` with every problem, one a line. */
export async function readRecipe(path: string): Promise<Recipe> {
  const file = resolve(path);
  const text = await textFile(file, 'recipe');
  const spots = new Spots();
  const problems = new Problems(spots);
  const sheet = openSheet({ path: file, text }, [], spots, problems);
  const read = sheet === undefined ? undefined : new Walk(sheet, spots, problems).read(recipeSchema);
  const name = read?.name ?? file.slice(dirname(file).length + 1).replace(/\.ya?ml$/, '');
  if (!shape.plainWord.safeParse(name).success) problems.add(['name'], { found: JSON.stringify(name), expected: 'a name: of letters, digits, dot, _ and -' });
  for (const [at, words] of (read?.commands ?? []).entries())
    if (words?.length === 0) problems.add(['commands', at], { found: 'an empty list', expected: 'the words of a command' });
  if (problems.any() || read === undefined) throw new Failure('refused', `the recipe has problems:\n${problems.all([file]).map(renderProblem).join('\n')}`);
  const recipe = read as RecipeFile; // nothing is missing where nothing is wrong
  const beside = (path: string): string => resolve(dirname(file), path);
  const listed = await Promise.all(recipe.packageLists.map((list) => packagesIn(beside(list), file)));
  const everyPackage = [...new Set([...recipe.packages, ...listed.flat()])].sort();
  const layers = [...(recipe.rootfs ? [packageFile('rootfs')] : []), ...recipe.overlays.map(beside)];
  const hash = createHash('sha256').update(text).update(everyPackage.join('\n'));
  for (const layer of layers) await sumFolder(hash, layer, file);
  return { ...recipe, name, file, everyPackage, layers, sum: hash.digest('hex') };
}
