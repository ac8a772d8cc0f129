import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { readEnvironment } from '../config/read.js'
import type { ExportOptions } from '../embedded-core/index.js'
import { type Command, failure, type Io } from './command.js'
import { environment } from './environment.js'

const FLUSH_LENGTH = 1 << 16

/** A file that is whole or not there; only its owner may read the hashes in it. */
function openOut (path: string) {
  let descriptor: number
  try {
    descriptor = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw failure(`${path} is there already; choose another name or remove it`, 1)
  }
  let pending = ''
  const flush = (): void => {
    // A descriptor may take less than it is given.
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
  about: 'Writes all users of an embedded Core\'s file, for `import` into another Core. Stop the service first.',
  flags: { file: { type: 'string' }, out: { type: 'string' } },
  details: () => `  --file FILE  SQLite file of the embedded Core (default: EMBEDDED_CORE_FILE)
  --out FILE   where to write, must be new (default: stdout)

If CORE_SECRET_KEY encrypts secrets in that file, it has to be set.
What is written holds password hashes and authenticator secrets: it is as confidential as the SQLite file.
`,
  async run (flags, _words, io) {
    const { values } = readEnvironment(environment(io))
    const file = flags.file === undefined ? values.EMBEDDED_CORE_FILE : String(flags.file)
    if (file === undefined || file === ':memory:') throw failure('There is no file to export: EMBEDDED_CORE_FILE names none, and --file is not given', 1)
    const out = flags.out === undefined ? undefined : String(flags.out)
    try {
      const { users, leftOut } = await writeExport(file, { secretKey: values.CORE_SECRET_KEY }, out, io)
      for (const [what, count] of Object.entries(leftOut)) io.err(`left out: ${count} ${what}\n`)
      io.err(`${users} users exported${out === undefined ? '' : ` to ${out}`}\n`)
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (code !== 'CORE_FILE_IN_USE') throw error
      throw failure(`${message}. Stop the service or the Core that runs on it, then export: users who signed up afterwards would be missing. (CORE_FILE_IN_USE)`, 1)
    }
    return 0
  }
}
