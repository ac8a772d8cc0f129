import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type * as esbuild from 'esbuild'
import type { Test } from 'tap'
import { pathTo } from '../../root.js'
import { load } from './packages.js'

const { build } = load('esbuild') as typeof esbuild

/** A block of code in a page of docs/frontend, with the name in the comment before it. */
export interface Block { file: string, code: string }

/** Blocks in languages that are checked here. Without a name, `file` is empty. */
export async function blocksOf (page: string): Promise<Block[]> {
  const text = await readFile(pathTo(`docs/${page}.md`), 'utf8')
  return [...text.matchAll(/(?:^<!-- file: (\S+) -->\n)?^```(?:ts|tsx|js|jsx|html)\n([\s\S]*?)^```$/gm)].map(([, file = '', code = '']) => ({ file, code }))
}

/** What a reader changes: addresses, and what the page says. */
export type Edit = (code: string, file: string) => string

/** Writes a page's named files as a reader would, beside this package's node_modules. Gives the folder. */
export async function writeFiles (t: Test, page: string, edit: Edit = (code) => code): Promise<string> {
  const folder = pathTo(`test/browser/.docs/${process.pid}-${page.replaceAll('/', '-')}`)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const { file, code } of (await blocksOf(page)).filter(({ file }) => file !== '')) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), edit(code, file))
  }
  return folder
}

/** Bundles a script that imports from such a folder. */
export async function bundle (folder: string, script: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: folder },
    bundle: true,
    write: false,
    jsx: 'automatic',
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning'
  })
  return outputFiles[0]!.text
}
