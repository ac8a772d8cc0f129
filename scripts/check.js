// Lints and compiles at the same time, since each keeps one core busy: `npm run check`. What they print does not mix.
import { exec } from 'node:child_process'

const SCRIPTS = ['lint', 'compile']

function run (script) {
  const start = performance.now()
  return new Promise((resolve) => {
    exec(`npm run --silent ${script}`, { maxBuffer: Infinity }, (error, stdout, stderr) => {
      process.stdout.write(`${stdout}${stderr}${script}: ${error ? 'failed' : 'passed'} in ${Math.round((performance.now() - start) / 1000)} s\n`)
      resolve(error === null)
    })
  })
}

const passed = await Promise.all(SCRIPTS.map(run))
process.exitCode = passed.every(Boolean) ? 0 : 1
