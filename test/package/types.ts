import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pathTo } from '../root.js'

const run = promisify(execFile)

export interface Project {
  module: 'node16' | 'nodenext' | 'preserve' | 'esnext'
  /** @default the one that belongs to the module kind */
  moduleResolution?: 'bundler'
  /** Without it, TypeScript accepts undefined as a hook. @default true */
  exactOptionalPropertyTypes?: boolean
  /** Leaves out what declarations have wrong in themselves: TypeScript 6 takes twice as long for that. @default false */
  skipLibCheck?: boolean
  /** @default Node's */
  lib?: string[]
  /** @default Node's */
  types?: string[]
  files: string[]
  /** @default TypeScript 7, which needs a fifth of the time */
  compiler?: 'typescript' | 'typescript-native'
}

/**
 * Compiles a consumer's files as strictly as TypeScript can, all declarations of ours and of other packages included.
 *
 * @returns the problems, one a line
 */
export async function typeProblems (directory: string, { files, compiler = 'typescript-native', ...settings }: Project): Promise<string> {
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    ...settings
  }
  const project = join(directory, 'tsconfig.json')
  await writeFile(project, JSON.stringify({ compilerOptions, files }))
  // More threads would take twice the CPU from the tests beside this one.
  const threads = compiler === 'typescript-native' ? ['--singleThreaded'] : []
  return await run(process.execPath, [pathTo(`node_modules/${compiler}/bin/tsc`), '--project', project, '--pretty', 'false', ...threads])
    .then(({ stdout }) => stdout, (err: Error & { stdout: string }) => err.stdout || err.message)
}
