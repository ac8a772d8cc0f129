import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import t from 'tap'
import { pathTo } from './root.js'

/** What stands in backticks and looks like a file or folder here; commands, packages and URL paths do not. */
function pathsIn (page: string): string[] {
  const prose = page.replace(/^```[\s\S]*?^```/gm, '')
  const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!)
  return quoted.filter((text) => /^[\w.][\w./<>*-]*$/.test(text) && (text.includes('/') || /^\.|\.(md|js|json|ts|yaml)$/.test(text)))
}

/** `<name>` stands for what the reader adds, so only the folder before it has to exist. `*` needs one match. */
function exists (path: string): boolean {
  const given = path.replace(/<.*$/, '')
  if (!given.includes('*')) return existsSync(pathTo(given))
  const [before = '', after = ''] = basename(given).split('*')
  return readdirSync(pathTo(dirname(given))).some((name) => name.startsWith(before) && name.endsWith(after))
}

const page = readFileSync(pathTo('CONTRIBUTING.md'), 'utf8')

t.test('every path that CONTRIBUTING.md names exists', async (t) => {
  t.strictSame(pathsIn(page).filter((path) => !exists(path)), [])
})

t.test('each list of how to add something names its files', async (t) => {
  const sections = page.split(/^## /m).filter((section) => section.startsWith('How to add'))
  t.equal(sections.length, 7)
  for (const section of sections) t.ok(pathsIn(section).length >= 5, section.slice(0, section.indexOf('\n')))
})

t.test('a path that does not exist is noticed', async (t) => {
  const paths = pathsIn('`src/gone.ts`, `src/gone/<name>/`, `src/gone-*.ts`, `.gone`, `gone.md`, `npx tap src/a.ts`, `@a/b`, `/me`, `typescript`')
  t.strictSame(paths.filter((path) => !exists(path)), ['src/gone.ts', 'src/gone/<name>/', 'src/gone-*.ts', '.gone', 'gone.md'])
})
