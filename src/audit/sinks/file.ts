import { closeSync, constants, existsSync, fdatasync, fdatasyncSync, fstatSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import type { FastifyBaseLogger } from 'fastify'
import { AuditSinkUnusable } from '../../errors.js'
import { type ChainNote, type Head, newChain, nextLine, readHead, sha256 } from '../chain.js'
import type { AuditEvent } from '../event.js'
import type { AuditFileOptions } from '../options.js'
import { readChain, readTail } from '../tail.js'
import type { Sink } from './sink.js'

/** Names the place of the chain's end beside the log. Rotation moves the log away and leaves this. */
export const HEAD_SUFFIX = '.head'
const HEAD_BYTES = 512
const SYNC_MS = 1000

const { O_APPEND, O_CREAT, O_RDWR } = constants

interface Open {
  fd: number
  inode: number
  /** Bytes that this process knows of. */
  size: number
}

function reasonOf (err: unknown, path: string): string {
  const { code, message } = err as NodeJS.ErrnoException
  if (code === 'ENOENT') return `the directory ${dirname(resolve(path))} does not exist. Create it, owned by the user who runs the service`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `${resolve(path)} cannot be written (${code}). Check the owner of the file and of its directory`
  return message
}

/**
 * Appends events to a file, each line chained to the one before it. Everything is synchronous: a line is with the
 * operating system before the answer leaves, so a killed process loses none.
 *
 * Each write looks whether the file is still the one at the path, so that it can be rotated by renaming it, without a
 * signal, and whether anyone else has written to it.
 *
 * @throws AUTH_AUDIT_SINK_UNUSABLE if the file cannot be opened
 */
export function createFileSink ({ path, chainKey: key, sync = 'second' }: AuditFileOptions, log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>): Sink {
  let head: Head | undefined
  let file: Open | undefined
  let headFd: number | undefined
  let timer: NodeJS.Timeout | undefined

  /** The end of the chain, where the file itself does not have it: right after a rotation. */
  function keepHead (): void {
    headFd ??= openSync(path + HEAD_SUFFIX, O_RDWR | O_CREAT, 0o600)
    writeSync(headFd, JSON.stringify(head).padEnd(HEAD_BYTES - 1) + '\n', 0)
  }

  function keptHead (): Head | undefined {
    if (!existsSync(path + HEAD_SUFFIX)) return undefined
    const kept = readHead(readFileSync(path + HEAD_SUFFIX, 'utf8'))
    if (kept === undefined) log.error({ file: path + HEAD_SUFFIX }, 'the end of the audit chain cannot be read')
    return kept
  }

  /** Writes all of a text, or throws: half a line is repaired before the next one. */
  function append (open: Open, text: string): void {
    const bytes = Buffer.from(text)
    const written = writeSync(open.fd, bytes)
    open.size += written
    if (written < bytes.length) throw new Error('the disk took only a part of the line')
    if (sync === 'always') fdatasyncSync(open.fd)
    else timer ??= setTimeout(flush, SYNC_MS).unref()
  }

  function flush (): void {
    timer = undefined
    const fd = file?.fd
    if (fd !== undefined) fdatasync(fd, (err) => { if (err !== null && file?.fd === fd) log.error({ err }, 'the audit file cannot be synced') })
  }

  function write (open: Open, content: { event: AuditEvent } | { note: ChainNote }, before = ''): void {
    const next = nextLine(head!, content, key)
    append(open, before + next.text)
    head = next.head
    keepHead()
  }

  /** Goes on where the file ends, whoever wrote it and however that was ended. */
  function resume (open: Open): void {
    const { last, torn, isForeign, isEnded } = readTail(open.fd, open.size)
    if (last === undefined && isForeign) throw new AuditSinkUnusable('file', `${path} has lines that are not of an audit chain. Move it away`)
    const known = head ?? keptHead()
    const chain = last?.note?.chain ?? readChain(open.fd) ?? known?.chain ?? newChain().chain
    head = last === undefined ? known ?? newChain() : { chain, sequence: last.sequence, hash: last.hash, ...(last.mac !== undefined && { mac: last.mac }) }
    if (isForeign) log.error({ file: path, sequence: head.sequence }, 'the audit file has lines after this one that are not of its chain')
    const missing = last !== undefined && known?.chain === chain && known.sequence > last.sequence ? { from: last.sequence + 1, to: known.sequence } : undefined
    if (missing !== undefined) log.error({ file: path, ...missing }, 'lines of the audit file are missing that were written')
    const isTorn = torn.length > 0 && !isForeign
    const before = isEnded || open.size === 0 ? '' : '\n'
    const state = isTorn || missing !== undefined ? 'repaired' : last !== undefined ? undefined : known === undefined ? 'begun' : 'continued'
    if (state === undefined) {
      if (before !== '') append(open, before)
      return
    }
    const details = { ...(isTorn && { torn: { bytes: torn.length, sha256: sha256(torn) } }), ...(missing !== undefined && { missing }) }
    write(open, { note: { state, chain: head.chain, time: new Date().toISOString(), ...details } }, before)
  }

  function close (): void {
    clearTimeout(timer)
    timer = undefined
    for (const fd of [file?.fd, headFd]) if (fd !== undefined) closeSync(fd)
    file = headFd = undefined
  }

  function openFile (): Open {
    const fd = openSync(path, O_RDWR | O_APPEND | O_CREAT, 0o600)
    const { ino: inode, size } = fstatSync(fd)
    const opened = { fd, inode, size }
    file = opened
    resume(opened)
    return opened
  }

  /** The file at the path, at its end. */
  function current (): Open {
    if (file === undefined) return openFile()
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.ino !== file.inode) {
      fdatasyncSync(file.fd)
      close()
      log.info({ auditChain: head }, 'the audit file was rotated; its chain goes on in a new one')
      return openFile()
    }
    if (there.size !== file.size) {
      log.warn({ file: path }, 'somebody else writes to the audit file, or has cut it. Give each process a file of its own')
      file.size = there.size
      resume(file)
    }
    return file
  }

  try {
    openFile()
  } catch (err) {
    close()
    throw err instanceof AuditSinkUnusable ? err : new AuditSinkUnusable('file', reasonOf(err, path), { cause: err })
  }

  return {
    name: 'file',
    isDurable: true,
    write (event) {
      try {
        write(current(), { event })
      } catch (err) {
        // Whatever is there now is looked at before the next line.
        close()
        throw err
      }
    },
    async close () {
      if (file !== undefined) fdatasyncSync(file.fd)
      close()
      log.info({ auditChain: head }, 'end of the audit chain')
    }
  }
}
