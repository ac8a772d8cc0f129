import { type Command, failure } from './command.js'
import { backupSettings, inWords } from './backup-settings.js'

export const backup: Command = {
  usage: 'backup FILE [flags]',
  about: 'Backs up an embedded Core to a new file. The service may keep running.',
  flags: { file: { type: 'string' }, force: { type: 'boolean' }, encrypt: { type: 'boolean' }, 'key-file': { type: 'string' }, json: { type: 'boolean' } },
  details: () => `  --file FILE      SQLite file of the embedded Core (default: EMBEDDED_CORE_FILE)
  --encrypt        fails unless there is a key
  --key-file FILE  file with the key that encrypts it (default: BACKUP_KEY; none: not encrypted)
  --force          overwrites a file of that name
  --json           prints the result as JSON

Run it as the user of the service, on its machine or in its container. If CORE_SECRET_KEY encrypts secrets in the SQLite file and
the service does not run, set it here too.
A backup holds e-mail addresses, numbers and password hashes, and without CORE_SECRET_KEY the keys that sign tokens.
Neither key is in it: keep both elsewhere, or it cannot be restored.
`,
  async run (flags, [path, ...others], io) {
    if (path === undefined || others.length > 0) throw failure('Name one file: backup FILE.', 2)
    const { file, secretKey, key } = backupSettings(flags, io)
    if (flags.encrypt === true && key === undefined) throw failure('There is no key to encrypt with. Set BACKUP_KEY or --key-file.', 1)
    const { backupFile } = await import('../embedded-core/index.js')
    try {
      const summary = await backupFile(file, path, { secretKey, key, force: flags.force === true })
      if (flags.json === true) io.out(`${JSON.stringify({ file: path, encrypted: key !== undefined, ...summary })}\n`)
      else io.err(`${inWords(summary)}: backed up to ${path}${key === undefined ? '' : ', encrypted'}\n`)
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (code !== 'CORE_FILE_IN_USE') throw error
      throw failure(`${message}. It does not answer where this command asks for a backup: run it as the user of the service, or stop the service. (CORE_FILE_IN_USE)`, 1)
    }
    return 0
  }
}
