import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DirectoryUnusable } from './errors.js'

/** In the words of operators. The codes are those of the file system. */
const REASONS: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'part of its path is a file',
  EEXIST: 'a file has its name',
  ENOSPC: 'the disk is full',
  ENOENT: 'a folder above it does not exist, and cannot be made'
}

/** Node's own recursion never ends where a folder cannot hold others, as in /proc or in a removed working directory. */
function make (directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(directory) !== directory) {
      make(dirname(directory))
      mkdirSync(directory, { mode: 0o700 })
    } else if (code !== 'EEXIST' || !statSync(directory).isDirectory()) throw err
  }
}

/**
 * Makes the directory of a database, which SQLite does not. Only this user may read it.
 *
 * @throws AUTH_DIRECTORY_UNUSABLE
 */
export function makeDirectoryOf (file: string): void {
  if (file === ':memory:') return
  const directory = dirname(resolve(file))
  try {
    make(directory)
  } catch (err) {
    const { code = 'unknown' } = err as NodeJS.ErrnoException
    throw new DirectoryUnusable(directory, REASONS[code] ?? code, { cause: err })
  }
}
