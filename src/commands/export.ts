import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { readEnvironment } from '../config/read.js'
import type { ExportOptions } from '../embedded-core/index.js'
import { type Command, failure, type Io } from './command.js'
import { environment } from './environment.js'

const FLUSH_LENGTH = 1 << 16

/** Opens a file that ends up complete or not at all. It holds password hashes, so only its owner may read it. */
function openOut (path: string) {
  let descriptor: number
  try {
    descriptor = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw failure(`${path} already exists. Choose another name, or remove it.`, 1)
  }
  let pending = ''
  const flush = (): void => {
    // A write may be partial.
    for (let rest = Buffer.from(pending); rest.length > 0;) rest = rest.subarray(writeSync(descriptor, rest))
    pending = ''
  }
  return {
    write (text: string): void {
      pending += text
      if (pending.length >= FLUSH_LENGTH) flush()
    },
    finish (): void {
      flush()
      fsyncSync(descriptor)
      closeSync(descriptor)
    },
    drop (): void {
      closeSync(descriptor)
      rmSync(path)
    }
  }
}

async function writeExport (file: string, options: ExportOptions, out: string | undefined, io: Io) {
  const { exportUsers } = await import('../embedded-core/index.js')
  if (out === undefined) return exportUsers(file, (line) => io.out(`${line}\n`), options)
  const target = openOut(out)
  try {
    const summary = exportUsers(file, (line) => target.write(`${line}\n`), options)
    target.finish()
    return summary
  } catch (error) {
    target.drop()
    throw error
  }
}

export const exportCommand: Command = {
  usage: 'export [flags]',
  about: 'Exports all users of an embedded Core\'s file for `import` into another Core. Stop the service first.',
  flags: { file: { type: 'string' }, out: { type: 'string' } },
  details: () => `  --file FILE  SQLite file of the embedded Core (default: EMBEDDED_CORE_FILE)
  --out FILE   new file to write to (default: stdout)

If CORE_SECRET_KEY encrypts secrets in the SQLite file, set it here too.
The export contains password hashes and authenticator secrets. Keep it as confidential as the SQLite file.
`,
  async run (flags, _words, io) {
    const { values } = readEnvironment(environment(io))
    const file = flags.file === undefined ? values.EMBEDDED_CORE_FILE : String(flags.file)
    if (file === undefined || file === ':memory:') throw failure('There is no file to export. Name one with --file or EMBEDDED_CORE_FILE.', 1)
    const out = flags.out === undefined ? undefined : String(flags.out)
    try {
      const { users, leftOut } = await writeExport(file, { secretKey: values.CORE_SECRET_KEY }, out, io)
      for (const [what, count] of Object.entries(leftOut)) io.err(`left out: ${count} ${what}\n`)
      io.err(`${users} users exported${out === undefined ? '' : ` to ${out}`}\n`)
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (code !== 'CORE_FILE_IN_USE') throw error
      throw failure(`${message}. Stop the service or the Core that uses it, then export again. Users who sign up meanwhile would be missing. (CORE_FILE_IN_USE)`, 1)
    }
    return 0
  }
}
