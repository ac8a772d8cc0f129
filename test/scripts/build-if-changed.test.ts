import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { pathTo } from '../root.js'

/** Stands in for the compiler, which would take most of the time: copies the sources, or fails. */
const TSC = `
const { cpSync, readFileSync, writeFileSync } = require('node:fs')
const [, , , , , out, , info] = process.argv
if (readFileSync('src/a.ts', 'utf8').includes('broken')) process.exit(2)
cpSync('src', out + '/src', { recursive: true })
writeFileSync(info, '')
`

function project (root: string): void {
  for (const folder of ['src', 'plugins', 'routes', 'scripts', 'node_modules/typescript-native/bin']) mkdirSync(join(root, folder), { recursive: true })
  cpSync(pathTo('scripts/build-if-changed.js'), join(root, 'scripts/build-if-changed.js'))
  writeFileSync(join(root, 'node_modules/typescript-native/bin/tsc'), TSC)
  for (const name of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) writeFileSync(join(root, name), '{}')
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(root, 'node_modules/typescript-native/package.json'), '{}')
  writeFileSync(join(root, 'src/a.ts'), 'one')
}

t.test('npm start builds only what has changed, and keeps the last build when one fails', async (t) => {
  const root = t.testdir()
  project(root)
  const build = () => spawnSync(process.execPath, [join(root, 'scripts/build-if-changed.js')], { encoding: 'utf8' })
  const built = () => statSync(join(root, 'dist/build.tsbuildinfo')).mtimeMs
  const source = join(root, 'src/a.ts')
  const later = () => new Date(built() + 5000)

  t.equal(build().status, 0)
  const first = built()
  t.equal(build().status, 0)
  t.equal(built(), first, 'nothing is done the second time')

  writeFileSync(source, 'broken')
  utimesSync(source, later(), later())
  t.not(build().status, 0)
  t.equal(readFileSync(join(root, 'dist/src/a.ts'), 'utf8'), 'one', 'a service that runs from it goes on')
  t.equal(existsSync(join(root, 'dist.next')), false)

  writeFileSync(source, 'two')
  t.equal(build().status, 0)
  t.equal(readFileSync(join(root, 'dist/src/a.ts'), 'utf8'), 'two')

  writeFileSync(join(root, 'src/b.ts'), 'new')
  utimesSync(join(root, 'src'), later(), later())
  t.equal(build().status, 0)
  rmSync(join(root, 'src/b.ts'))
  utimesSync(join(root, 'src'), later(), later())
  t.equal(build().status, 0)
  t.equal(existsSync(join(root, 'dist/src/b.ts')), false, 'a file that is gone is gone')
  t.equal(existsSync(join(root, 'dist.last')), false)
})
