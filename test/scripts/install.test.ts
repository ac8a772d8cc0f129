import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import t from 'tap'
import { pathTo } from '../root.js'

/** Stands in for npm: notes what it was asked for, and installs nothing where the folder is broken. */
const NPM = `#!/usr/bin/env node
const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs')
const folder = process.argv[process.argv.indexOf('--prefix') + 1]
appendFileSync('asked', process.argv.slice(2).join(' ') + '\\n')
if (existsSync(folder + '/broken')) process.exit(1)
mkdirSync(folder + '/node_modules', { recursive: true })
writeFileSync(folder + '/node_modules/.package-lock.json', '{}')
`

t.test('packages of a folder are installed when it lacks them or its lock file has changed, and not again', (t) => {
  const root = t.testdir()
  for (const folder of ['scripts', 'bin', 'examples', 'test/deploy']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(root, 'bin/package.json'), '{}')
  writeFileSync(join(root, 'bin/npm'), NPM)
  chmodSync(join(root, 'bin/npm'), 0o755)
  cpSync(pathTo('scripts/install.js'), join(root, 'scripts/install.js'))
  const before = new Date(Date.now() - 60_000)
  for (const folder of ['examples', 'test/deploy']) {
    for (const name of ['package.json', 'package-lock.json']) {
      writeFileSync(join(root, folder, name), '{}')
      utimesSync(join(root, folder, name), before, before)
    }
  }
  const install = (...folders: string[]) => spawnSync(process.execPath, [join(root, 'scripts/install.js'), ...folders], {
    cwd: root, encoding: 'utf8', env: { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}` }
  })
  const asked = () => {
    const lines = existsSync(join(root, 'asked')) ? readFileSync(join(root, 'asked'), 'utf8').trim().split('\n').sort() : []
    rmSync(join(root, 'asked'), { force: true })
    return lines
  }

  t.equal(install('examples', 'test/deploy').status, 0)
  t.strictSame(asked(), [
    'ci --prefix examples --omit=peer --ignore-scripts --no-audit --no-fund --loglevel=error',
    'ci --prefix test/deploy --omit=peer --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error'
  ])
  t.equal(install('examples', 'test/deploy').status, 0)
  t.strictSame(asked(), [], 'it is there')

  const later = new Date(Date.now() + 60_000)
  utimesSync(join(root, 'examples/package-lock.json'), later, later)
  t.equal(install('examples', 'test/deploy').status, 0)
  t.match(asked(), [/prefix examples/], 'only what has changed')

  writeFileSync(join(root, 'examples/broken'), '')
  const failed = install('test/deploy', 'examples')
  t.equal(failed.status, 1)
  t.match(failed.stderr, /npm ci --prefix examples failed/)
  t.match(install('src').stderr, /does not know src/)
  t.end()
})
