import { readFileSync } from 'node:fs'
import { coreSecretKeys } from '../config/kinds-domain.js'
import { read, readEnvironment } from '../config/read.js'
import type { BackupSummary } from '../embedded-core/index.js'
import { failure, type Flags, type Io } from './command.js'
import { environment } from './environment.js'

export interface BackupSettings {
  /** SQLite file of the Core. */
  file: string
  secretKey: string | undefined
  /** Key of the backup. */
  key: string | undefined
}

/** What `backup` and `restore` take from flags or from the service's settings. */
export function backupSettings (flags: Flags, io: Io): BackupSettings {
  const { values } = readEnvironment(environment(io))
  if (flags.file === undefined && values.SUPERTOKENS_CONNECTION_URI !== undefined) throw failure('SUPERTOKENS_CONNECTION_URI names a Core elsewhere, whose data is in its own database: back that up with its own tools. For the file of an embedded Core, name it with --file.', 1)
  const file = flags.file === undefined ? values.EMBEDDED_CORE_FILE : String(flags.file)
  if (file === undefined || file === ':memory:') throw failure('There is no file of an embedded Core. Name one with --file or EMBEDDED_CORE_FILE.', 1)
  return { file, secretKey: values.CORE_SECRET_KEY, key: flags['key-file'] === undefined ? values.BACKUP_KEY : keyIn(String(flags['key-file'])) }
}

function keyIn (path: string): string {
  const result = read(coreSecretKeys(), readFileSync(path, 'utf8').trim(), true)
  if ('value' in result) return result.value
  throw failure(`--key-file: ${result.message}`, 1)
}

/** Phones that are a second factor have users of their own, which the Core counts as well. */
export function inWords ({ users, apps, createdAt }: BackupSummary): string {
  return `${users} user${users === 1 ? '' : 's'} of the Core${apps === 1 ? '' : ` in ${apps} apps`}, as of ${createdAt.toISOString()}`
}
