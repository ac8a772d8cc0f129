// Runs an example of this repository: `npm run example -- verifier-express`. SERVICE_URL and PORT are its settings.
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLES = join(ROOT, 'examples')

/** Examples import `fastify-2fa` as everybody does. */
function linkPackage () {
  const place = join(EXAMPLES, 'node_modules/fastify-2fa')
  if (!existsSync(place)) symlinkSync(ROOT, place, 'junction')
}

linkPackage()
const [name] = process.argv.slice(2)
const folder = join(EXAMPLES, name ?? '')
const entry = name === undefined ? undefined : ['local.js', 'index.js', 'index.ts'].map((file) => join(folder, file)).find((file) => existsSync(file))
if (entry === undefined) {
  const names = readdirSync(EXAMPLES).filter((folder) => existsSync(join(EXAMPLES, folder, 'README.md')))
  console.error(`Say which example: npm run example -- ${names.join(' | ')}`)
  process.exit(1)
}
process.chdir(folder)
if (entry.endsWith('.ts')) (await import('tsx/esm/api')).register()
await import(pathToFileURL(entry).href)
