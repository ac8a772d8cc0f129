import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ExportHeader, ImportableUser } from '../embedded-core/index.js'
import { ImportFileInvalid } from '../errors.js'

export interface Line {
  /** From 1, as editors count. */
  number: number
  text: string
}

export type Content =
  | { header: ExportHeader['fastify-2fa'] }
  | { user: ImportableUser }
  | { problem: string }

/** The lines that are not blank. Split at line feeds only: other line separators may stand in JSON texts as they are. */
export async function * readLines (file: string, hash?: Hash): AsyncGenerator<Line> {
  let rest = ''
  let number = 0
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    hash?.update(chunk as string)
    const texts = (rest + (chunk as string)).split('\n')
    rest = texts.pop() as string
    for (const text of texts) {
      number++
      if (text.trim() !== '') yield { number, text }
    }
  }
  if (rest.trim() !== '') yield { number: number + 1, text: rest }
}

/** Never quotes the line, it holds hashes; nor does it pass on what the parser says, which quotes it. */
function parseLine ({ number, text }: Line): Content {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return { problem: 'is no JSON' }
  }
  if (!isObject(content)) return { problem: 'is no JSON object' }
  if (number === 1 && 'fastify-2fa' in content) return { header: content['fastify-2fa'] as ExportHeader['fastify-2fa'] }
  const { loginMethods } = content
  if (!Array.isArray(loginMethods) || loginMethods.length === 0 || !loginMethods.every(isObject)) return { problem: 'has no loginMethods: it is no user in the bulk-import format' }
  // The rest is for the Core to check, which knows its roles and tenants.
  return { user: content as object as ImportableUser }
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The users of a file, and the lines that should be but are none. */
export async function * readUsers (file: string): AsyncGenerator<Line & ({ user: ImportableUser } | { problem: string })> {
  for await (const line of readLines(file)) {
    const content = parseLine(line)
    if (!('header' in content)) yield { ...line, ...content }
  }
}

export interface FileFacts {
  /** Tells this file from any other, for resuming. */
  digest: string
  /** Lines that are, or should be, users. */
  users: number
  /** Files that others have written may have none. */
  header: ExportHeader['fastify-2fa'] | undefined
}

export async function inspectFile (file: string): Promise<FileFacts> {
  const hash = createHash('sha256')
  let header: FileFacts['header']
  let users = 0
  for await (const line of readLines(file, hash)) {
    const content = line.number === 1 ? parseLine(line) : undefined
    if (content !== undefined && 'header' in content) header = content.header
    else users++
  }
  if (header !== undefined && header.format !== 1) throw new ImportFileInvalid('it was written by a later release; use that or a later one')
  if (header !== undefined && header.users !== users) {
    throw new ImportFileInvalid(`it has ${users} users where its first line announces ${header.users}; export again`)
  }
  return { digest: hash.digest('hex'), users, header }
}
