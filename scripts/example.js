// Runs an example of this repository: `npm run example -- verifier-express`. SERVICE_URL and PORT are its settings.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { installInExamples, isInstalled } from './install-in-examples.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLES = join(ROOT, 'examples')

// Tests start several at once, and have installed it.
if (!isInstalled()) installInExamples()
const [name] = process.argv.slice(2)
const folder = join(EXAMPLES, name ?? '')
const entry = name === undefined ? undefined : ['local.js', 'index.js', 'index.ts'].map((file) => join(folder, file)).find((file) => existsSync(file))
if (entry === undefined) {
  const names = readdirSync(EXAMPLES).filter((folder) => existsSync(join(EXAMPLES, folder, 'README.md')))
  console.error(`Say which example: npm run example -- ${names.join(' | ')}`)
  process.exit(1)
}
process.chdir(folder)
if (JSON.parse(readFileSync('package.json', 'utf8')).scripts.build !== undefined) {
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript-native/bin/tsc')], { stdio: 'inherit' })
  await import(pathToFileURL(join(folder, 'dist/index.js')).href)
} else {
  if (entry.endsWith('.ts')) (await import('tsx/esm/api')).register()
  await import(pathToFileURL(entry).href)
}
