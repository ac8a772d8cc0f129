import { afterRestore } from '../account/after-restore.js'
import { AGENDA_USER, eventsToPublish } from '../account/agenda.js'
import { requireReason } from '../account/operator.js'
import { restoredEvent } from '../audit/core-events.js'
import type { BackupSummary, RestoreOptions } from '../embedded-core/index.js'
import { type Command, failure, textOf } from './command.js'
import { backupSettings, inWords } from './backup-settings.js'
import { systemUser } from './user-operations.js'

export const restore: Command = {
  usage: 'restore FILE [flags]',
  about: 'Restores an embedded Core from a backup. Stop the service first.',
  flags: { file: { type: 'string' }, force: { type: 'boolean' }, 'as-it-was': { type: 'boolean' }, 'key-file': { type: 'string' }, reason: { type: 'string' }, by: { type: 'string' }, json: { type: 'boolean' } },
  details: () => `  --file FILE      SQLite file of the embedded Core (default: EMBEDDED_CORE_FILE)
  --key-file FILE  file with the key of the backup (default: BACKUP_KEY)
  --force          replaces files that are there, and keeps them as FILE.before-restore-…
  --as-it-was      nothing was used since the backup, as where the service was stopped for it and moves to another machine:
                   keeps sessions, codes and links that are on their way, recovery codes and known browsers
  --reason TEXT    why; kept in the audit event, which the service publishes when it runs again
  --by NAME        who does it (default: the user of this machine)
  --json           prints the result as JSON

Set CORE_SECRET_KEY as the service has it.
Everybody has to sign in again. What was changed since the backup is as it was before: passwords, factors, roles, locks,
deleted users. docs/backup.md says what to look for in the audit events of that time.
`,
  async run (flags, [path, ...others], io) {
    if (path === undefined || others.length > 0) throw failure('Name one file: restore FILE.', 2)
    const { file, secretKey, key } = backupSettings(flags, io)
    const [by, reason, asItWas] = [textOf(flags.by) ?? systemUser(), textOf(flags.reason), flags['as-it-was'] === true]
    requireReason({ by, reason: reason ?? 'restore' })
    const { restoreBackup } = await import('../embedded-core/index.js')
    try {
      const note = ({ createdAt }: BackupSummary) => ({ userId: AGENDA_USER, metadata: eventsToPublish([restoredEvent({ by, reason, createdAt, asItWas })]) })
      const options = { secretKey, key, force: flags.force === true, asItWas, amend: afterRestore, note } as RestoreOptions
      const summary = await restoreBackup(file, path, options)
      if (flags.json === true) io.out(`${JSON.stringify({ file, ...summary })}\n`)
      else io.err(`${inWords(summary)}: restored to ${file}\n`)
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (code !== 'CORE_FILE_IN_USE') throw error
      throw failure(`${message}. Stop the service or the Core that uses it. (CORE_FILE_IN_USE)`, 1)
    }
    return 0
  }
}
