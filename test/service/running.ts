import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'

export type Line = Record<string, unknown> & { level: number, msg: string }

/** A log that can be read and waited for. */
export function recorder () {
  const lines: Line[] = []
  const waiting: Array<{ test: (line: Line) => boolean, resolve: (line: Line) => void }> = []
  return {
    lines,
    text: () => JSON.stringify(lines),
    write (text: string) {
      const line = JSON.parse(text) as Line
      lines.push(line)
      for (const { test, resolve } of waiting) if (test(line)) resolve(line)
    },
    async until (msg: string): Promise<Line> {
      const test = (line: Line): boolean => line.msg === msg
      return lines.find(test) ?? await new Promise((resolve) => { waiting.push({ test, resolve }) })
    },
    /** The first line after so many that passes the test. */
    async next (after: number, test: (line: Line) => boolean): Promise<Line> {
      return lines.slice(after).find(test) ?? await new Promise((resolve) => { waiting.push({ test, resolve }) })
    }
  }
}

/** `process.exit` as a promise of its first code; signal handlers of the test's making are gone afterwards. */
export function exits (t: Test): Promise<number> {
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'uncaughtException', 'unhandledRejection'] as const
  const before = new Map(signals.map((name) => [name, process.listeners(name as 'SIGTERM')]))
  t.teardown(() => {
    for (const [name, listeners] of before) {
      for (const listener of process.listeners(name as 'SIGTERM')) if (!listeners.includes(listener)) process.removeListener(name, listener)
    }
  })
  return new Promise((resolve) => {
    t.intercept(process, 'exit', { value: (code: number) => { resolve(code) } })
  })
}

export const portOf = (app: FastifyInstance): number => (app.server.address() as AddressInfo).port
