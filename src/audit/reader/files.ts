import { open, readdir, type FileHandle } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { OperationRefused } from '../../errors.js'
import { timeOf } from './event-in.js'
import { readAt } from './lines-back.js'

/** An audit file, open. */
export interface AuditFile {
  file: FileHandle
  /** What it is known by, also after it was renamed. */
  inode: number
  size: number
  /** The time of its first lines, in milliseconds since 1970. */
  begunAt: number
}

interface Listed { path: string, inode: number, begunAt: number }

/** What rotation calls a file: `audit.log.1`, `audit.log-20261130`. */
const ROTATED = /^[.-]\d[\d.:T_-]*$/
const COMPRESSED = /^[.-]\d[\d.:T_-]*\.(?:gz|bz2|xz|zst)$/
/** More than anybody keeps: each is looked at. */
const MOST_FILES = 1000
/** More than the line has that begins a file, and the first event. */
const FIRST_LINES = 4096

const isGone = (err: unknown): boolean => (err as NodeJS.ErrnoException).code === 'ENOENT'

/** What had to wait for the file may be older than the file. */
function earliestIn (start: Buffer): number | undefined {
  const times = start.toString().split('\n').flatMap((line) => timeOf(Buffer.from(line)) ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}

/** @returns undefined where there is none */
async function openFile (path: string): Promise<AuditFile | undefined> {
  const file = await open(path).catch((err: unknown) => {
    if (isGone(err)) return undefined
    throw err
  })
  if (file === undefined) return undefined
  try {
    const { ino: inode, size, mtimeMs } = await file.stat()
    const start = await readAt(file, 0, Math.min(size, FIRST_LINES))
    // What is damaged was begun before it was last written, which is close enough to tell the order.
    return { file, inode, size, begunAt: earliestIn(start) ?? Math.floor(mtimeMs) }
  } catch (err) {
    await file.close()
    throw err
  }
}

/** What follows the name of an audit file in those of its folder. Only of files: a pipe would never answer. */
async function suffixesOf (path: string): Promise<string[]> {
  const base = basename(path)
  const entries = await readdir(dirname(path), { withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && entry.name.startsWith(base)).map(({ name }) => name.slice(base.length))
}

/** How many files that it was rotated to are compressed, and cannot be read. */
export async function countCompressed (path: string): Promise<number> {
  return (await suffixesOf(path)).filter((suffix) => COMPRESSED.test(suffix)).length
}

/** An audit file and what it was rotated to, newest first. */
async function listFiles (path: string): Promise<Listed[]> {
  const files: Listed[] = []
  for (const suffix of (await suffixesOf(path)).filter((one) => one === '' || ROTATED.test(one)).slice(0, MOST_FILES)) {
    const opened = await openFile(path + suffix)
    if (opened === undefined) continue
    await opened.file.close()
    files.push({ path: path + suffix, inode: opened.inode, begunAt: suffix === '' ? Infinity : opened.begunAt })
  }
  return files.sort((one, other) => one.begunAt < other.begunAt ? 1 : -1)
}

export const gone = (): Error => new OperationRefused('What this cursor points to is not there any more. Begin with the newest events.')

/**
 * The audit file and those that it was rotated to, newest first. Each is closed when the next one is asked for.
 *
 * @param from the file to begin with. @default the newest
 * @throws AUTH_OPERATION_REFUSED where there is no such file any more
 */
export async function * filesBack (path: string, from?: number): AsyncGenerator<AuditFile> {
  let after: number | undefined
  const present = await openFile(path)
  try {
    // Most of the time, nobody has to look for others.
    if (present !== undefined && (from === undefined || from === present.inode)) {
      yield present
      after = present.inode
    }
  } finally {
    await present?.file.close()
  }
  const files = await listFiles(path)
  const place = files.findIndex(({ inode }) => inode === (after ?? from))
  if (after === undefined && from !== undefined && place === -1) throw gone()
  for (const { path, inode } of files.slice(after === undefined ? Math.max(0, place) : place + 1)) {
    const opened = await openFile(path)
    try {
      if (opened?.inode !== inode) throw new OperationRefused('The audit file was rotated meanwhile. Ask once more.')
      yield opened
    } finally {
      await opened?.file.close()
    }
  }
}
