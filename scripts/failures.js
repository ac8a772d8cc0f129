// Lists what failed in the output of tap, as short as the end of a CI's log must be: `node scripts/failures.js < log`.
// Prints nothing if nothing failed.
import { Parser } from 'tap-parser'

const MAX_LINES = 100
/** With more failures than these, what each compared would push other failures out. */
const MAX_COMPARED = 10
const MAX_COMPARED_LINES = 8

const failures = []

/** Notes the failures of a level, and of those below. */
function listen (parser, path) {
  let below = { name: '', failed: false }
  parser.on('child', (child) => {
    const before = failures.length
    below = { name: child.name, get failed () { return failures.length > before } }
    listen(child, [...path, child.name])
  })
  parser.on('assert', ({ ok, name, todo, skip, diag }) => {
    // A subtest fails when something in it does, which is noted already.
    if (ok || todo || skip || (below.name === name && below.failed)) return
    const compared = String(diag?.diff ?? '').split('\n').filter((line) => /^[-+](?!-- |\+\+ )/.test(line))
    failures.push({ title: `not ok ${[...path, name].join(' > ')}${place(diag)}`, compared })
  })
  // An error that nobody caught ends a process, and is not TAP.
  parser.on('extra', (line) => {
    if (/^\w*Error\b.*: /.test(line)) failures.push({ title: line.trimEnd(), compared: [] })
  })
}

function place (diag) {
  const { fileName, lineNumber } = diag?.at ?? {}
  const ended = diag?.signal ?? (diag?.exitCode ? `exit code ${diag.exitCode}` : undefined)
  const where = fileName === undefined ? ended : `${fileName}:${lineNumber}`
  return where === undefined ? '' : ` (${where})`
}

const parser = new Parser()
listen(parser, [])
process.stdin.pipe(parser)
await new Promise((resolve) => { parser.on('complete', resolve) })

const compared = failures.length <= MAX_COMPARED
const lines = failures.flatMap((failure) => [failure.title, ...(compared ? failure.compared.slice(0, MAX_COMPARED_LINES).map((line) => `    ${line}`) : [])])
for (const line of lines.slice(0, MAX_LINES)) console.log(line)
if (lines.length > MAX_LINES) console.log(`and ${lines.length - MAX_LINES} more lines`)
