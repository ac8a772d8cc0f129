// Runs the tests that docs/security.md names and prints its table with their results. Fails if a named test does not
// exist or does not pass.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const page = readFileSync(new URL('../docs/security.md', import.meta.url), 'utf8')
const rows = [...page.slice(page.indexOf('<!-- norms:')).matchAll(/^\| (?!norm |-)(.+?) \| (.+?) \| (.+) \|$/gm)].map(([, norm, check, held]) => ({
  norm,
  check,
  notClaimed: held.startsWith('not claimed'),
  tests: [...held.matchAll(/`(test\/[^`]+)`: ([^;]+)/g)].map(([, file, name]) => ({ file, name: name.trim() }))
}))

/** Runs a test file. Returns the names and results of its subtests, from tap's output. */
function run (file) {
  const { stdout } = spawnSync('node', ['scripts/test.js', file], { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  const lines = [...stdout.matchAll(/^ {4,}(not ok|ok) \d+ - (.*?)(?: # time=.*)?$/gm)]
  return lines.map(([, result, name]) => ({ passed: result === 'ok', name }))
}

const files = new Map()
for (const { file } of rows.flatMap(({ tests }) => tests)) if (!files.has(file)) files.set(file, run(file))

let failures = 0
for (const { norm, check, notClaimed, tests } of rows) {
  const problems = tests.flatMap(({ file, name }) => {
    const found = files.get(file).filter((test) => test.name.includes(name))
    if (found.length === 0) return [`no test "${name}" in ${file}`]
    return found.every(({ passed }) => passed) ? [] : [`"${name}" in ${file} did not pass`]
  })
  if (!notClaimed && tests.length === 0) problems.push('the row names no test')
  failures += problems.length
  console.log(`${problems.length > 0 ? 'FAILED     ' : notClaimed ? 'not claimed' : 'held       '}  ${norm.padEnd(18)} ${check}${problems.map((problem) => `\n             ${problem}`).join('')}`)
}
const held = rows.filter(({ notClaimed }) => !notClaimed).length
console.log(`\n${rows.length} rows: ${held} claimed, ${rows.length - held} not claimed, ${failures} problems`)
process.exitCode = failures > 0 ? 1 : 0
