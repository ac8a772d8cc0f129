import { join } from 'node:path'
import ts from 'typescript'

export interface Project {
  module: 'node16' | 'nodenext' | 'preserve' | 'esnext'
  /** @default the one that belongs to the module kind */
  moduleResolution?: 'bundler'
  /** Without it, TypeScript accepts undefined as a hook. @default true */
  exactOptionalPropertyTypes?: boolean
  files: string[]
  /** Checks the declarations of all packages that come with ours, not only our own. @default false */
  everything?: boolean
}

/** What TypeScript and Node bring is the same for everyone, and takes longer than all the rest. */
const BUILT_IN = /\/node_modules\/(typescript|@types\/node|undici-types)\//

/** Declaration files by path and format. Parsing them once saves a third of the time. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function hostOf (options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (file, format, ...rest) => {
    if (!file.endsWith('.d.ts')) return read(file, format, ...rest)
    const key = `${file} ${typeof format === 'object' ? format.impliedNodeFormat : ''}`
    if (!parsed.has(key)) parsed.set(key, read(file, format, ...rest))
    return parsed.get(key)
  }
  return host
}

/**
 * Compiles a consumer's files as strictly as TypeScript can, with `skipLibCheck: false`. All projects of a test share
 * one compiler, which takes most of its time to get warm.
 *
 * @returns the problems, one a line
 */
export function typeProblems (directory: string, { files, everything = false, module, ...settings }: Project): string[] {
  const { options, errors } = ts.convertCompilerOptionsFromJson({
    target: 'es2023',
    lib: ['es2023'],
    module,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    ...settings
  }, directory)
  const host = hostOf(options)
  host.getCurrentDirectory = () => directory
  const program = ts.createProgram(files.map((file) => join(directory, file)), options, host)
  const checked = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${directory}/`) || (everything && !BUILT_IN.test(fileName)))
  const found = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...checked.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
  ]
  return found.map(({ file, start, messageText }) => {
    const line = file === undefined || start === undefined ? '' : `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1} `
    return `${line}${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}
