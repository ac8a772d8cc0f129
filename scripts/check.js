// Lints and compiles, one script for each core at a time, longest first: `npm run check`. What they print does not mix.
import { exec } from 'node:child_process'
import { availableParallelism } from 'node:os'

const SCRIPTS = ['lint:style', 'compile', 'lint:imports', 'lint:pages']

function run (script) {
  const start = performance.now()
  return new Promise((resolve) => {
    exec(`npm run --silent ${script}`, { maxBuffer: Infinity }, (error, stdout, stderr) => {
      process.stdout.write(`${stdout}${stderr}${script}: ${error ? 'failed' : 'passed'} in ${Math.round((performance.now() - start) / 1000)} s\n`)
      resolve(error === null)
    })
  })
}

const waiting = [...SCRIPTS]
const passed = []

async function work () {
  for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) passed.push(await run(script))
}

await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work))
process.exitCode = passed.every(Boolean) ? 0 : 1
