import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { run } from '../../src/commands/run.js'
import { createEmbeddedCore, type EmbeddedCore, type ExportHeader, type ImportableUser } from '../../src/embedded-core/index.js'

export const KEY = 'a-key-of-twenty-letters'

/** A folder for one purpose: `t.testdir` empties the one it has made before. */
export function newFolder (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'migrate-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An embedded Core on a file, with cheap hashes. */
export async function openCore (t: Test, file = join(newFolder(t), 'core.sqlite')): Promise<EmbeddedCore & { file: string }> {
  const core = await createEmbeddedCore({ file, apiKey: KEY, config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  return { ...core, file }
}

/** One exchange with a Core, as its own clients have it. */
export async function call <Body = Record<string, unknown>> (uri: string, method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<Body> {
  const rid = /recipe\/signinup$/.test(path) ? 'thirdparty' : 'emailpassword'
  const headers = { 'api-key': KEY, 'cdi-version': '5.4', 'content-type': 'application/json', rid }
  const response = await fetch(uri + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${method} ${path} answers ${response.status} ${text}`)
  return JSON.parse(text) as Body
}

/** One command line in this process. */
export async function command (argv: string[], { env = {}, isTerminal = false }: { env?: Record<string, string>, isTerminal?: boolean } = {}) {
  let out = ''
  let err = ''
  const code = await run(argv, { env, cwd: '/nonexistent', out: (text) => { out += text }, err: (text) => { err += text }, isTerminal })
  return { code, out, err }
}

export interface Exported { header: ExportHeader['fastify-2fa'], users: ImportableUser[] }

export function readExport (file: string): Exported {
  const [first, ...users] = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
  return { header: (first as ExportHeader)['fastify-2fa'], users: users as ImportableUser[] }
}

export const HASH = '$2a$04$Wv3hA1ZgFf8sH3pUQ3m3jeWl6XhYQq8q1c4Gq9m0Zc0b0b0b0b0b0'

export function emailUser (index: number, more: Partial<ImportableUser> = {}): ImportableUser {
  return {
    externalUserId: `user-${index}`,
    ...more,
    loginMethods: [{ recipeId: 'emailpassword', tenantIds: ['public'], isVerified: true, timeJoinedInMSSinceEpoch: 1000 + index, email: `user-${index}@example.com`, passwordHash: HASH, hashingAlgorithm: 'bcrypt' }]
  }
}

/** A file of lines: objects as JSON, texts as they are. */
export function writeLines (t: Test, lines: Array<object | string>): string {
  const file = join(newFolder(t), 'users.ndjson')
  writeFileSync(file, lines.map((line) => typeof line === 'string' ? line : JSON.stringify(line)).join('\n'))
  return file
}
