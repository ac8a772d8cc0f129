import type { FileHandle } from 'node:fs/promises'
import { OperationRefused } from '../../errors.js'
import { sha256 } from '../chain.js'
import { type AuditFile, gone } from './files.js'
import { readAt } from './lines-back.js'

/** Where a page has ended: all that is from there on was looked at. */
export interface Place {
  inode: number
  at: number
  /** How many bytes from there on, and a part of their hash: that of the event which was looked at last, as a rule. */
  length: number
  mark: string
}

const CURSOR = /^(\d{1,16})\.(\d{1,15})\.(\d{1,3})\.([0-9a-f]{16})$/
/** The number of a line and the hash of the one before, which no other line has. */
const MARKED = 160

const markOf = async (file: FileHandle, at: number, length: number): Promise<string> => sha256(await readAt(file, at, length)).slice(0, 16)

/** Names a place. Lines that are added move none, and neither does a rotation, since a file keeps its inode. */
export async function cursorAt ({ file, inode, size }: AuditFile, at: number): Promise<string> {
  const length = Math.min(MARKED, size - at)
  return Buffer.from([inode, at, length, await markOf(file, at, length)].join('.')).toString('base64url')
}

/** @throws AUTH_OPERATION_REFUSED for what is no cursor */
export function readCursor (cursor: string): Place {
  const [, inode, at, length, mark] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (mark === undefined) throw new OperationRefused('This is no cursor of the audit.')
  return { inode: Number(inode), at: Number(at), length: Number(length), mark }
}

/**
 * Whoever makes up a cursor reads nothing else with it: it names a file of the audit, and what is there goes through the
 * same filters.
 *
 * @throws AUTH_OPERATION_REFUSED where the file was cut or replaced
 */
export async function requirePlace ({ file, size }: AuditFile, { at, length, mark }: Place): Promise<void> {
  if (at + length > size || await markOf(file, at, length) !== mark) throw gone()
}
