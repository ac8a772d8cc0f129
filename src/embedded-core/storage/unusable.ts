import { statSync } from 'node:fs'
import { dirname } from 'node:path'

const SQLITE_READONLY = 8
const SQLITE_CANTOPEN = 14

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

function state (file: string): string | undefined {
  try {
    if (isDirectory(file)) return 'it is a directory. Name a file in it.'
    if (!isDirectory(dirname(file))) return `the directory ${dirname(file)} does not exist. Create it, or name another file.`
  } catch {
    // Nothing can be said of what may not even be looked at.
  }
  return undefined
}

/** What is wrong with a database file, and what to do about it, if the file system says so; else in the words of the error. */
export function reasonAgainst (file: string, { code, errcode = 0, message }: Error & { code?: string, errcode?: number }): string {
  const known = state(file)
  if (known !== undefined) return known
  const primary = errcode & 0xff
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || primary === SQLITE_READONLY || primary === SQLITE_CANTOPEN) {
    return 'this user may not write to it or to its directory, or the file system is read-only. Change who owns them (chown), or name another file.'
  }
  return message
}
