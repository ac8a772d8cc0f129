import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './root.js'

/** Where the lines are that the page shows. They are the ones that run, so they cannot go out of date. */
const SOURCES = [
  // Functions that the page calls.
  { file: 'src/playground/pages/auth.js', start: /^export (?:async )?function (\w+)/ },
  // Routes of the service.
  { file: 'routes/examples.ts', start: /^ {2}app\.get\('([^']+)'/ }
]

/** The examples by name: of the function, or of the route. Each goes on to a blank line, or to the end of its block. */
export async function readCode (): Promise<Record<string, string>> {
  const examples: Record<string, string> = {}
  for (const { file, start } of SOURCES) {
    const lines = (await readFile(join(ROOT, file), 'utf8')).split('\n')
    for (const [index, line] of lines.entries()) {
      const [, name] = start.exec(line) ?? []
      if (name === undefined) continue
      const [indent = ''] = /^ */.exec(line) ?? []
      const rest = lines.slice(index)
      const end = rest.findIndex((next) => next === '' || !next.startsWith(indent))
      examples[name] = rest.slice(0, end).map((next) => next.slice(indent.length)).join('\n')
    }
  }
  return examples
}
