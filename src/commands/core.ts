import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { integer, type Kind, millis, oneOf, text } from '../config/kinds.js'
import { coreConfig, coreKey, coreSecretKeys } from '../config/kinds-domain.js'
import { host as hostKind } from '../config/kinds-web.js'
import { makeDirectoryOf } from '../data-directory.js'
import { isLoopback } from '../loopback.js'
import { read } from '../config/read.js'
import { type Command, failure, type Flags, type Io } from './command.js'
import { environment } from './environment.js'

/** Parses one flag, or throws a usage error that states the expected form. */
function flag<Value> (flags: Flags, name: string, kind: Kind<Value>, fallback: string, secret = false): Value {
  const result = read(kind, String(flags[name] ?? fallback), secret)
  if ('value' in result) return result.value
  throw failure(`--${name}: ${result.message}`, 2)
}

function apiKeys (flags: Flags): string[] {
  const given = [flags['api-key'] ?? []].flat()
  return given.map((one) => flag({ 'api-key': one }, 'api-key', coreKey(), '', true))
}

/** Read from the environment only, because every user of the machine can see command-line flags. */
function secretKey (io: Io): { secretKey?: string } {
  const given = environment(io).CORE_SECRET_KEY?.trim() || undefined
  if (given === undefined) return {}
  const result = read(coreSecretKeys(), given, true)
  if ('value' in result) return { secretKey: result.value }
  throw failure(`CORE_SECRET_KEY: ${result.message}`, 2)
}

export const core: Command = {
  usage: 'core [flags]',
  about: 'Runs only the embedded Core and prints its base URL on the first line.',
  flags: {
    port: { type: 'string' },
    host: { type: 'string' },
    file: { type: 'string' },
    'api-key': { type: 'string', multiple: true },
    config: { type: 'string' },
    durability: { type: 'string' },
    encryption: { type: 'string' },
    'max-hash-wait': { type: 'string' },
    'log-level': { type: 'string' }
  },
  details: () => `  --port 3567        port; 0 takes any free port
  --host 127.0.0.1   address; any other than a loopback address needs --api-key
  --file :memory:    SQLite file
  --api-key KEY      key that callers must send; may be repeated (default: none on loopback)
  --config JSON      settings, under the configuration names of the real Core
  --durability full  what a power cut may undo: full nothing, normal the newest writes
  --encryption all   encrypts personal data in the file too; secrets takes it back (default: as the file is)
  --max-hash-wait 4000
                     longest wait of a password in ms; more is answered with 503; 0: no limit
  --log-level warn   minimum log level; logs go to stderr

Set CORE_SECRET_KEY in the environment to encrypt signing keys and authenticator secrets in the file, with --encryption all
e-mail addresses, phone numbers, metadata, session data and password hashes as well.
`,
  async run (flags, _words, io) {
    const port = flag(flags, 'port', integer(0, 65535), '3567')
    const host = flag(flags, 'host', hostKind(), '127.0.0.1')
    const file = flag(flags, 'file', text('a file path, or `:memory:`'), ':memory:')
    const config = flag(flags, 'config', coreConfig(), '{}', true)
    const durability = flag(flags, 'durability', oneOf('full', 'normal'), 'full')
    const maxHashWait = flag(flags, 'max-hash-wait', millis(0, 60_000), '4000')
    const encryption = flags.encryption === undefined ? {} : { encryption: flag(flags, 'encryption', oneOf('secrets', 'all'), '') }
    const keys = apiKeys(flags)
    const level = flag(flags, 'log-level', oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), 'warn')
    if (keys.length === 0 && config.api_keys === undefined && !isLoopback(host)) {
      throw failure(`--api-key is needed with --host ${host}. Without a key, anyone who can reach the Core can change any account.`, 2)
    }
    makeDirectoryOf(file)
    const logger = pino({ level }, pino.destination({ dest: 2, sync: true }))
    // Loaded late, so that the other commands do not load SQLite.
    const { createEmbeddedCore } = await import('../embedded-core/index.js')
    const apiKey = keys.length > 0 ? { apiKey: keys } : config.api_keys === undefined && { apiKey: false as const }
    const embedded = await createEmbeddedCore({ file, host, port, ...apiKey, ...secretKey(io), ...encryption, config, durability, maxHashWait, backupSocket: true, logger })
    closeWithGrace({ delay: 10_000, logger, skip: ['beforeExit'] }, async function close ({ err }) {
      if (err !== undefined) logger.fatal({ err }, 'closing after an unhandled error')
      await embedded.close()
    })
    io.out(`${embedded.connectionURI}\n`)
    return 0
  }
}
