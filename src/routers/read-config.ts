// An operator's router configuration, read as the router would: the file itself, and what it includes.
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { Host } from '../targets/host.ts';

export interface ConfigText {
  readonly path: string;
  /** The file. */
  readonly own: string;
  /** The files that it includes, and those that they include. */
  readonly included: string;
}

const INCLUDE = /^[ \t]*(?:[#!]!)?(?:include_file|import_file)[ \t]+["']([^"'\n]+)["']/gm;
/** A file may include itself by mistake; the router says so at its start. */
const MAX_DEPTH = 10;

export async function readConfig(host: Host, path: string | undefined): Promise<ConfigText> {
  if (path === undefined) throw new UserError('router.config is missing: siptune starts the router with it');
  const own = (await host.readFiles([path])).get(path);
  if (own === null || own === undefined)
    throw new UserError(`router.config ${path} cannot be read on ${host.label}: check its path`);
  return { path, own, included: await readIncluded(host, path, own, 0) };
}

async function readIncluded(host: Host, path: string, text: string, depth: number): Promise<string> {
  if (depth === MAX_DEPTH) return '';
  const paths = [...text.matchAll(INCLUDE)].map(([, name = '']) => resolve(dirname(path), name));
  const files = await host.readFiles(paths);
  const texts: string[] = [];
  for (const [file, included] of files)
    if (included !== null) texts.push(included, await readIncluded(host, file, included, depth + 1));
  return texts.join('\n');
}
