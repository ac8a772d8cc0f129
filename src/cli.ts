#!/usr/bin/env node
import { run } from './commands/run.js'

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => { process.stdout.write(text) },
  err: (text) => { process.stderr.write(text) },
  isTerminal: process.stderr.isTTY
})
