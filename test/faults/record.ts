import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { AuditTrailOptions } from '../../src/index.js'

const ENTRY = fileURLToPath(new URL('./audit-process.js', import.meta.url))

interface Message { ready?: true, done?: true, id?: string, isKept?: boolean }

/** A process that records events; `shell` is put before it. Without what tap adds, which writes files of its own: one has a limit for them. */
export function record (t: Test, audit: AuditTrailOptions, { count = 100_000, shell = '', env = {} } = {}) {
  const child: ChildProcess = spawn('/bin/sh', ['-c', `unset NODE_OPTIONS; ${shell} exec "$0" "$@"`, process.execPath, ENTRY, JSON.stringify({ audit, count })], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exit = once(child, 'exit')
  const state = { kept: [] as string[], refused: [] as string[], isReady: false, isDone: false }
  child.on('message', (message: Message) => {
    state.isReady ||= message.ready === true
    state.isDone ||= message.done === true
    if (message.id !== undefined) (message.isKept === true ? state.kept : state.refused).push(message.id)
  })
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exit
  }
  t.teardown(kill)
  return Object.assign(state, { kill })
}
