import { isIP, type AddressInfo } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createSnapshots } from './backup/snapshot.js'
import { startSchedule, type BackupState, type Schedule, type ScheduleOptions } from './backup/schedule.js'
import { serveBackups, type BackupSocket } from './backup/socket.js'
import { finishRestore, isRestoreDecided } from './backup/swap.js'
import { writeBackup, type BackupOptions, type BackupSummary } from './backup/write.js'
import { checkNames, resolveSettings, type CoreConfig } from './config.js'
import type { CoreEvent } from './core-event.js'
import { CORE_OPTION_INVALID } from './errors.js'
import { createHashQueue, MAX_WAIT_MS, type Hashing } from './hash-queue.js'
import { chooseApiKeys } from './http/api-keys.js'
import { listenOnSocket } from './http/socket.js'
import { socketPathFor } from './socket-path.js'
import { answerInProcess, originInProcess, type CoreFetch } from './in-process.js'
import { buildServer } from './server.js'
import { copiesOf } from './storage/files.js'
import type { Migrated } from './storage/schema.js'
import { startHousekeeping } from './storage/housekeeping.js'
import { deriveKeys } from './storage/key-ring.js'
import { openApps, type Resealed } from './tenants/apps.js'

export type { ConfigValue, CoreConfig } from './config.js'
export type { BackupAsked, CoreEvent } from './core-event.js'
export type { Hashing } from './hash-queue.js'
export type { CoreFetch, CoreRequest, CoreResponse } from './in-process.js'
export { hashed } from './hashed.js'
export { socketPathFor } from './socket-path.js'
export { exportUsers } from './bulk/export.js'
export { backupFile, type FileBackupOptions } from './backup/of-file.js'
export { restoreBackup, type RestoreOptions } from './backup/restore.js'
export type { BackupState, ScheduleOptions } from './backup/schedule.js'
export type { BackupOptions, BackupSummary } from './backup/write.js'
export type { ExportedTenant, ExportHeader, ExportOptions, ExportSummary, ImportableMethod, ImportableUser } from './bulk/export.js'

export interface EmbeddedCoreOptions {
  /** The SQLite file, or `:memory:`. One process owns a file. @default ':memory:' */
  file?: string
  /** @default '127.0.0.1' */
  host?: string
  /** 0 takes any free port. `false` opens none: only this process can call the Core, by its `fetch`. @default 0 */
  port?: number | false
  /**
   * The key or keys that clients may send; `false` for none, which is allowed on a loopback host only.
   * @default a random key, or none if no port is open
   */
  apiKey?: string | string[] | false
  /**
   * A Unix socket for processes of the same user, such as commands: its path, or `true` for one in a directory of its own beside
   * the file. Only that user may enter its directory. If there is none beside the file, the Core starts all the same, and
   * `socketProblem` says why.
   * @default false
   */
  socket?: string | boolean
  /**
   * Encrypts signing keys, authenticator secrets and queued bulk-import users in the file (AES-256-GCM), so that a
   * thief of the file cannot make tokens. At least 32 characters, for example from `openssl rand -hex 32`. To rotate,
   * give several, as a list or separated by commas: the first encrypts, the others still decrypt. Once a file is
   * encrypted, it is refused without its key.
   * @default none
   */
  secretKey?: string | string[]
  /**
   * What `secretKey` encrypts. `secrets`: as above. `all`: e-mail addresses, phone numbers, metadata, session data and password hashes
   * as well. The whole file is rewritten at the start that changes it. Without it, a file stays as it is.
   * @default as the file is; of a new one, 'secrets'
   */
  encryption?: 'secrets' | 'all'
  /** Settings under the real Core's names, in every form that the real Core takes. @default {} */
  config?: CoreConfig
  /**
   * What a power cut may undo. `full`: nothing that was acknowledged. `normal`: the newest writes, so that a code may work
   * once more and a session that was ended may be back; writes take a fraction of the time. Nothing is lost with either when
   * only the process ends, even by `kill -9`.
   * @default 'full'
   */
  durability?: 'full' | 'normal'
  /**
   * The longest time in milliseconds that a password may wait until it is hashed; 0 for no limit. What would wait longer is
   * answered with 503 at once. Keep it below the time-out of the clients.
   * @default 4000
   */
  maxHashWait?: number
  /** Backups at intervals, of all apps. @default none */
  backups?: ScheduleOptions
  /**
   * Whether other processes of this user may ask for a backup, by a Unix socket beside the file: `<file>-backup.sock`, mode
   * 0600. `backupFile` and `fastify-2fa backup` need it while this Core runs.
   * @default false
   */
  backupSocket?: boolean
  /** The clock, in milliseconds, for everything that expires or rotates. @default Date.now */
  now?: () => number
  /** Hears of backups at intervals and by the socket, and of files that were brought up to a newer schema or encrypted anew. @default nobody */
  onEvent?: (event: CoreEvent) => void
  /** A Fastify (pino) logger. Gets failures and backups only, never URLs, tokens, codes or passwords. @default false */
  logger?: FastifyBaseLogger | false
}

const ENCRYPTIONS: unknown[] = [undefined, 'secrets', 'all']

export interface EmbeddedCore {
  /** For `supertokens.connectionURI` of supertokens-node. Without a port, a name that only `fetch` below understands. */
  connectionURI: string
  /** For `supertokens.apiKey` of supertokens-node. Undefined if no key is needed. */
  apiKey: string | undefined
  /** Calls the Core as the global `fetch` would, without a socket: by URLs that begin with `connectionURI`. */
  fetch: CoreFetch
  /** Whether the file can be written. Once a write has failed, each call tries one. */
  isWritable (): boolean
  /** How many passwords wait to be hashed. */
  hashing (): Hashing
  /**
   * Writes a backup of all apps to a new file, while everything else goes on.
   *
   * @throws CORE_BACKUP_EXISTS, CORE_BACKUP_FAILED, CORE_OPTION_INVALID
   */
  backup (path: string, options?: BackupOptions): Promise<BackupSummary>
  /** How the backups at intervals are doing. Undefined without them. */
  backupState (): BackupState | undefined
  /**
   * Checks another key for the backups at intervals.
   *
   * @returns encrypts further ones with it; undefined without such backups
   * @throws CORE_OPTION_INVALID
   */
  prepareBackupKey (key: string | string[]): (() => void) | undefined
  /** Why there is no socket beside the file, although one was asked for. */
  socketProblem: string | undefined
  /** Lets the process end although the Core still listens, if nothing else keeps it alive. */
  unref (): void
  /** Lets running requests finish, then releases the port and the file. */
  close (): Promise<void>
}

/**
 * Starts a SuperTokens Core inside this process, for an unmodified supertokens-node. Resolves once the Core answers.
 *
 * @throws an error with a `CORE_*` code; the README lists them
 * @example
 * const core = await createEmbeddedCore({ file: './auth.db' })
 * supertokens.init({ supertokens: { connectionURI: core.connectionURI, apiKey: core.apiKey }, … })
 */
export async function createEmbeddedCore (options: EmbeddedCoreOptions = {}): Promise<EmbeddedCore> {
  const { file = ':memory:', host = '127.0.0.1', port = 0, config = {}, durability = 'full', maxHashWait = MAX_WAIT_MS, now = () => Date.now(), onEvent = () => {}, logger = false } = options
  if (typeof file !== 'string' || file === '') throw new CORE_OPTION_INVALID('file', 'must be the path of a file, or \':memory:\'')
  if (typeof host !== 'string' || host === '') throw new CORE_OPTION_INVALID('host', 'must be a host name or address')
  if (port !== false && !(Number.isInteger(port) && port >= 0 && port <= 65535)) throw new CORE_OPTION_INVALID('port', 'must be a port number from 0 to 65535, of which 0 takes any free port, or false for none')
  if (!['string', 'boolean', 'undefined'].includes(typeof options.socket) || options.socket === '') throw new CORE_OPTION_INVALID('socket', 'must be the path of a socket, true for one beside the file, or false for none')
  if (durability !== 'full' && durability !== 'normal') throw new CORE_OPTION_INVALID('durability', 'must be \'full\' or \'normal\'')
  if (!(Number.isInteger(maxHashWait) && maxHashWait >= 0)) throw new CORE_OPTION_INVALID('maxHashWait', 'must be a whole number of milliseconds, or 0 for no limit')
  if (!ENCRYPTIONS.includes(options.encryption)) throw new CORE_OPTION_INVALID('encryption', 'must be \'secrets\' or \'all\'')
  if (options.encryption !== undefined && options.secretKey === undefined) throw new CORE_OPTION_INVALID('encryption', 'needs a secretKey')
  if (typeof now !== 'function') throw new CORE_OPTION_INVALID('now', 'must be a function that returns the time in milliseconds')
  checkNames(config)
  const keys = chooseApiKeys(options.apiKey, config, port === false ? undefined : host)
  const base: CoreConfig = { ...config, api_keys: keys.length === 0 ? null : keys.join(',') }
  resolveSettings(base)
  const ring = deriveKeys(options.secretKey)

  const log = logger === false ? undefined : logger
  const onError = (error: unknown) => { log?.error({ err: error }, 'the embedded Core failed in the background') }
  if (file !== ':memory:' && isRestoreDecided(file)) finishRestore(file)
  const onMigrated = (migrated: Migrated) => {
    log?.warn(migrated, 'the database file was brought up to a newer schema; a copy of the old one is kept')
    onEvent({ type: 'migrated', file: migrated.file, from: migrated.from, to: migrated.to })
  }
  const onResealed = (resealed: Resealed) => {
    const what = resealed.from === 'all' && resealed.to === 'secrets' ? 'personal data in the database file is in the clear again' : 'the database file was encrypted anew'
    log?.warn({ ...resealed, copies: copiesOf(file) }, `${what}; copies and backups of before are as they were`)
    onEvent({ type: 'encrypted', ...resealed })
  }
  const hashing = createHashQueue({ maxWait: maxHashWait })
  const apps = openApps({ file, config: base, ring, encryption: options.encryption, durability, hashing, now, onError, onMigrated, onResealed })
  const fastify = buildServer(apps, keys, log === undefined ? false : quieter(log))
  const housekeeping = startHousekeeping(apps, onError)
  const snapshots = createSnapshots({ file, apps, ring, now })
  const backup = (path: string, backupOptions: BackupOptions = {}) => writeBackup(path, snapshots.stream(), backupOptions)
  const unserved = (error: Error) => { log?.warn({ err: error }, 'no other process can ask for backups: the socket cannot be opened'); return undefined }
  let schedule: Schedule | undefined
  let backupSocket: BackupSocket | undefined
  fastify.addHook('onClose', async () => {
    schedule?.stop()
    housekeeping.stop()
    snapshots.stop()
    await backupSocket?.close()
    apps.close()
    await snapshots.ended()
  })
  try {
    if (options.backups !== undefined) schedule = startSchedule(options.backups, { file, backup, now, onEvent, log })
    if (options.backupSocket === true && file !== ':memory:') backupSocket = await serveBackups(file, snapshots, onEvent).catch(unserved)
    await (port === false ? fastify.ready() : fastify.listen({ host, port }))
  } catch (error) {
    await fastify.close()
    throw error
  }
  const connectionURI = port === false ? originInProcess(file) : originOf(host, fastify.server.address() as AddressInfo)
  const inProcess = answerInProcess(connectionURI, fastify)
  const { socket, socketProblem } = await openSocket(options.socket ?? false, file, fastify, keys[0]).catch(async (error: unknown) => {
    await inProcess.close()
    await fastify.close()
    throw error
  })
  return {
    connectionURI,
    apiKey: keys[0],
    fetch: inProcess.fetch,
    isWritable: () => apps.list().every(({ db }) => db.isWritable()),
    hashing: hashing.state,
    backup,
    backupState: () => schedule?.state(),
    prepareBackupKey: (key) => schedule?.prepareKey(key),
    socketProblem,
    unref () {
      socket?.unref()
      fastify.server.unref()
      // Clients in this process hold their own end of a connection while they wait for an answer.
      fastify.server.on('connection', (socket) => { socket.unref() })
    },
    async close () {
      await Promise.all([inProcess.close(), socket?.close()])
      await fastify.close()
    }
  }
}

/** Fastify logs on which address it listens. Whoever starts a Core inside a server of their own would take that for the server's. */
function quieter (log: FastifyBaseLogger): FastifyBaseLogger {
  return ['info', 'debug', 'trace'].includes(log.level) ? log.child({}, { level: 'warn' }) : log
}

interface OpenedSocket { socket?: Awaited<ReturnType<typeof listenOnSocket>>, socketProblem?: string }

/** The process may not write there, or the path is too long: only whoever names a path has to have a socket. */
async function openSocket (wanted: string | boolean, file: string, fastify: FastifyInstance, key: string | undefined): Promise<OpenedSocket> {
  try {
    const path = socketPathFor(wanted, file)
    return path === undefined ? {} : { socket: await listenOnSocket(fastify, path, { key, mend: wanted === true }) }
  } catch (error) {
    if (wanted !== true) throw error
    return { socketProblem: (error as Error).message }
  }
}

function originOf (host: string, { port }: AddressInfo): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}
