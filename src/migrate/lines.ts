import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ExportHeader, ImportableUser } from '../embedded-core/index.js'
import { ImportFileInvalid } from '../errors.js'

export interface Line {
  /** Counted from 1, as in editors. */
  number: number
  text: string
}

export type Content =
  | { header: ExportHeader['fastify-2fa'] }
  | { user: ImportableUser }
  | { problem: string }

/** Reads the lines that are not blank. Splits at line feeds only: JSON strings may contain other line separators. */
export async function * readLines (file: string, hash?: Hash): AsyncGenerator<Line> {
  // In parts, so that a line of many chunks is not copied for each of them.
  let parts: string[] = []
  let number = 1
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    hash?.update(chunk as string)
    const [first, ...others] = (chunk as string).split('\n')
    parts.push(first as string)
    for (const next of others) {
      const text = parts.join('')
      if (text.trim() !== '') yield { number, text }
      number++
      parts = [next]
    }
  }
  const text = parts.join('')
  if (text.trim() !== '') yield { number, text }
}

/** Problems never quote the line, which contains hashes, nor the parser's message, which quotes the line. */
function parseLine ({ number, text }: Line): Content {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return { problem: 'is not JSON' }
  }
  if (!isObject(content)) return { problem: 'is not a JSON object' }
  if (number === 1 && 'fastify-2fa' in content) return { header: content['fastify-2fa'] as ExportHeader['fastify-2fa'] }
  const { loginMethods } = content
  if (!Array.isArray(loginMethods) || loginMethods.length === 0 || !loginMethods.every(isObject)) return { problem: 'has no loginMethods, so it is not a user in the bulk-import format' }
  // The Core checks the rest: it knows its roles and tenants.
  return { user: content as object as ImportableUser }
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads the users of a file, and the lines that should be users but are not. */
export async function * readUsers (file: string): AsyncGenerator<Line & ({ user: ImportableUser } | { problem: string })> {
  for await (const line of readLines(file)) {
    const content = parseLine(line)
    if (!('header' in content)) yield { ...line, ...content }
  }
}

export interface FileFacts {
  /** SHA-256 of the file. Identifies it when an import is resumed. */
  digest: string
  /** The number of lines that are, or should be, users. */
  users: number
  /** Undefined for a file from another program. */
  header: ExportHeader['fastify-2fa'] | undefined
}

/** @throws ImportFileInvalid for a file of a later release, or one that was cut off */
export async function inspectFile (file: string): Promise<FileFacts> {
  const hash = createHash('sha256')
  let header: FileFacts['header']
  let users = 0
  for await (const line of readLines(file, hash)) {
    const content = line.number === 1 ? parseLine(line) : undefined
    if (content !== undefined && 'header' in content) header = content.header
    else users++
  }
  if (header !== undefined && header.format !== 1) throw new ImportFileInvalid('it was written by a later release. Use that release or a later one')
  if (header !== undefined && header.users !== users) {
    throw new ImportFileInvalid(`it has ${users} users, but its first line announces ${header.users}. Export again`)
  }
  return { digest: hash.digest('hex'), users, header }
}
