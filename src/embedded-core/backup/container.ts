import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { CORE_BACKUP_DAMAGED } from '../errors.js'
import { createByteReader, type ByteReader } from './byte-reader.js'
import { decrypt, ENCRYPTED } from './encryption.js'

/**
 * A backup is one file: a line that says so, a line of JSON that describes what follows, and the SQLite files of all apps,
 * one after another. Encrypted, these bytes are what is encrypted.
 */
const PLAIN = 'fastify-2fa backup 1'

export interface Contents {
  /** ISO 8601. */
  createdAt: string
  schemaVersion: number
  /** Persons in all apps. */
  users: number
  /** The public app is the last. */
  files: Array<{ app: string, bytes: number, sha256: string, users: number }>
}

export interface Manifest extends Contents {
  /** Of the contents, by the secret key. */
  signature?: string
}

const LINE_LIMIT = 4 * 1024 * 1024
const APP_ID = /^[a-z0-9-]{1,200}$/
const HASH = /^[0-9a-f]{64}$/

export async function * writeContainer (manifest: Manifest, pathOf: (app: string) => string): AsyncGenerator<Buffer> {
  yield Buffer.from(`${PLAIN}\n${JSON.stringify(manifest)}\n`)
  for (const { app } of manifest.files) yield * createReadStream(pathOf(app)) as AsyncIterable<Buffer>
}

export interface ReadOptions {
  /** For messages. */
  name: string
  keys: readonly string[]
  /** Called before any file is read. */
  onManifest?: (manifest: Manifest, isEncrypted: boolean) => void
  /** Takes the bytes of one file. Without it, they are only compared. */
  onFile?: (app: string, pieces: AsyncIterable<Buffer>) => Promise<void>
}

/**
 * Reads a backup to its end and compares every file with the manifest.
 *
 * @throws CORE_BACKUP_DAMAGED, CORE_BACKUP_KEY_REQUIRED, CORE_BACKUP_KEY_WRONG
 */
export async function readContainer (source: AsyncIterable<Buffer>, options: ReadOptions): Promise<Manifest> {
  const outer = createByteReader(source)
  try {
    return await read(outer, options)
  } finally {
    await outer.close()
  }
}

async function read (outer: ByteReader, { name, keys, onManifest, onFile = drain }: ReadOptions): Promise<Manifest> {
  const first = await outer.line(ENCRYPTED.length + 1)
  const isEncrypted = first === ENCRYPTED
  const reader = isEncrypted ? createByteReader(decrypt(outer, keys, name)) : outer
  if ((isEncrypted ? await reader.line(PLAIN.length + 1) : first) !== PLAIN) throw new CORE_BACKUP_DAMAGED(name, 'it does not begin like one of this release')
  const manifest = parseManifest(await reader.line(LINE_LIMIT), name)
  onManifest?.(manifest, isEncrypted)
  for (const file of manifest.files) await onFile(file.app, compared(reader, file, name))
  if (!await reader.isAtEnd()) throw new CORE_BACKUP_DAMAGED(name, 'something follows its end')
  return manifest
}

async function drain (_app: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true);
}

async function * compared (reader: ByteReader, { bytes, sha256 }: Manifest['files'][number], name: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let length = 0
  for await (const piece of reader.pieces(bytes)) {
    hash.update(piece)
    length += piece.length
    yield piece
  }
  if (length < bytes) throw new CORE_BACKUP_DAMAGED(name, 'it was cut off')
  if (hash.digest('hex') !== sha256) throw new CORE_BACKUP_DAMAGED(name, 'it was altered')
}

/** Before its signature is looked at, a manifest may be anybody's. Names of apps become names of files. */
function parseManifest (line: string | undefined, name: string): Manifest {
  try {
    const manifest = JSON.parse(line ?? '') as Manifest
    const { createdAt, schemaVersion, users, files, signature } = manifest
    const isCount = (value: unknown) => Number.isSafeInteger(value) && value as number >= 0
    const isWhole = !Number.isNaN(Date.parse(createdAt)) && isCount(schemaVersion) && isCount(users) && (signature === undefined || HASH.test(signature)) &&
      files.at(-1)?.app === 'public' && new Set(files.map(({ app }) => app)).size === files.length &&
      files.every(({ app, bytes, sha256, users }) => APP_ID.test(app) && isCount(bytes) && HASH.test(sha256) && isCount(users))
    if (isWhole) return manifest
  } catch {}
  throw new CORE_BACKUP_DAMAGED(name, 'what describes it cannot be read')
}
