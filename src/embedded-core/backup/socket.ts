import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { relative, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isMainThread } from 'node:worker_threads'
import { codeOf, type CoreEvent } from '../core-event.js'
import { CORE_BACKUP_FAILED, CORE_FILE_IN_USE } from '../errors.js'
import type { Snapshots } from './snapshot.js'

/** Bytes. Node cuts off what the system does not take, and that would be the name of another file. */
const LONGEST = 103

/**
 * A Core owns its file, so another process asks it for a backup: by a Unix socket beside the file.
 *
 * @throws CORE_BACKUP_FAILED if the path is too long for one
 */
export function socketOf (file: string): string {
  const absolute = resolve(`${file}-backup.sock`)
  const fromHere = relative(process.cwd(), absolute)
  const path = fromHere.length < absolute.length ? fromHere : absolute
  if (Buffer.byteLength(path) > LONGEST) throw new CORE_BACKUP_FAILED(`a socket beside ${file} would have a path of more than ${LONGEST} bytes. Use a shorter one`)
  return path
}

/** For how long a client may take nothing. */
const STALLED_MS = 60_000

export interface BackupSocket {
  close (): Promise<void>
}

/**
 * Whoever may connect gets all that is in the file, so the socket has the mode of the file. A client names no paths: it
 * writes itself what it gets.
 */
export async function serveBackups (file: string, { stream }: Snapshots, onEvent: (event: CoreEvent) => void): Promise<BackupSocket> {
  const server = createServer(async (_request, response) => { await answer(stream, response, onEvent) }).unref()
  const path = socketOf(file)
  // Of a process that was killed. The file has one owner, so nobody listens there.
  rmSync(path, { force: true })
  // Before the mode is set, nobody else may connect either. Only the main thread has a mask; others are of tests.
  const mask = isMainThread ? process.umask(0o177) : undefined
  try {
    server.listen(path)
  } finally {
    if (mask !== undefined) process.umask(mask)
  }
  await once(server, 'listening')
  chmodSync(path, 0o600)
  return {
    async close () {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
  }
}

async function answer (stream: Snapshots['stream'], response: ServerResponse, onEvent: (event: CoreEvent) => void): Promise<void> {
  const bytes = stream()
  try {
    const first = await bytes.next()
    // Others wait for this backup, and shall not wait for a client that was stopped.
    response.setTimeout(STALLED_MS, () => { response.destroy() })
    if (first.done !== true) response.write(first.value)
    await pipeline(bytes, response)
    onEvent({ type: 'backup-made', asked: 'socket' })
  } catch (error) {
    onEvent({ type: 'backup-failed', asked: 'socket', code: codeOf(error) })
    if (response.headersSent) response.destroy()
    else response.writeHead(500).end((error as Error).message)
  } finally {
    // A client that went away before the first byte was never read from.
    await bytes.return(undefined).catch(() => {})
  }
}

/**
 * A backup from the Core that owns the file.
 *
 * @throws CORE_FILE_IN_USE if it has no socket, CORE_BACKUP_FAILED
 */
export async function * askForBackup (file: string): AsyncGenerator<Buffer> {
  const asked = request({ socketPath: socketOf(file) }).end()
  const [response] = await once(asked, 'response').catch(() => { throw new CORE_FILE_IN_USE(file) }) as [IncomingMessage]
  if (response.statusCode === 200) yield * response as AsyncIterable<Buffer>
  else throw new CORE_BACKUP_FAILED(Buffer.concat(await response.toArray()).toString())
}
