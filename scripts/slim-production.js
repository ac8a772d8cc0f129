// Takes out of node_modules what the running service never reads, for the image: `node scripts/slim-production.js [FOLDER]`.
//
// Runs after `npm ci --omit=dev`, with the Node that the image has: the SQLite driver goes only where Node has its own.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const modules = process.argv[2] ?? 'node_modules'

/** Read by compilers, debuggers and people. Licences stay: they have to go with the code. */
const FILES = /\.(map|d\.[cm]?ts|md|markdown)$/
const LICENCES = /^(licen[cs]e|notice|copying|authors)/i
/** At the top of a package. Deeper, such a folder may be code. */
const FOLDERS = ['.github', 'benchmark', 'benchmarks', 'docs', 'example', 'examples', 'test', 'tests']
/** Builds for browsers and bundlers. */
const MORE = ['libphonenumber-js/bundle', 'libphonenumber-js/es6-modern', 'libphonenumber-js/source']

/** Folders of packages, such as `fastify` and `@fastify/cors`, below a node_modules. */
function packagesIn (folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => name.startsWith('@') ? readdirSync(join(folder, name)).map((own) => join(folder, name, own)) : [join(folder, name)])
}

if (process.getBuiltinModule?.('node:sqlite') !== undefined) rmSync(join(modules, '@photostructure'), { recursive: true, force: true })
for (const path of MORE) rmSync(join(modules, path), { recursive: true, force: true })
for (const folder of packagesIn(modules)) {
  for (const name of FOLDERS) rmSync(join(folder, name), { recursive: true, force: true })
}
for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && FILES.test(entry.name) && !LICENCES.test(entry.name)) rmSync(join(entry.parentPath, entry.name))
}
