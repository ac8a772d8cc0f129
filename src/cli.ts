#!/usr/bin/env node
import { nodeProblem } from './commands/node-version.js'

const problem = nodeProblem(process.versions.node)
if (problem === undefined) {
  // A static import would load before the check, and old versions of Node stop there with a SyntaxError.
  const { dropSqliteWarning } = await import('./commands/sqlite-warning.js')
  dropSqliteWarning()
  // Of `user list | head`. The command goes on to its end, so that nothing is left half done.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  const { run } = await import('./commands/run.js')
  process.exitCode = await run(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => { process.stdout.write(text) },
    err: (text) => { process.stderr.write(text) },
    isTerminal: process.stderr.isTTY,
    ...(process.stdin.isTTY && process.stderr.isTTY && {
      async ask (question) {
        const { createInterface } = await import('node:readline/promises')
        // Answers of a pipe are none: whoever has no terminal says --yes.
        const terminal = createInterface({ input: process.stdin, output: process.stderr })
        return await terminal.question(question).finally(() => { terminal.close() })
      }
    })
  })
} else {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 1
}
