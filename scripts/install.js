// Installs the packages of folders that have their own, beside each other since most of it waits for the network:
// `node scripts/install.js examples test/hosts`. A folder that has what its lock file says already is left as it is.
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Peers are the repository's own packages. `test/browser` has frontends, whose peers it installs. */
const OMITTED = { examples: ['peer'], 'test/browser': [], 'test/deploy': ['peer', 'optional'], 'test/hosts': ['peer'] }

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** npm writes the lock file within node_modules last. */
function isInstalled (folder) {
  const installed = changedAt(join(ROOT, folder, 'node_modules/.package-lock.json'))
  return ['package.json', 'package-lock.json'].every((name) => changedAt(join(ROOT, folder, name)) < installed)
}

function install (folder) {
  if (isInstalled(folder)) return true
  const args = ['ci', '--prefix', folder, ...OMITTED[folder].map((type) => `--omit=${type}`), '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  return new Promise((resolve, reject) => {
    const npm = spawn('npm', args, { cwd: ROOT, stdio: 'inherit' })
    npm.on('error', reject)
    npm.on('close', (status) => {
      if (status !== 0) console.error(`npm ci --prefix ${folder} failed`)
      resolve(status === 0)
    })
  })
}

const folders = process.argv.slice(2)
const unknown = folders.filter((folder) => !(folder in OMITTED))
if (unknown.length > 0) throw new Error(`scripts/install.js does not know ${unknown.join(', ')}. Add it to OMITTED.`)
const done = await Promise.all(folders.map(install))
process.exitCode = done.every(Boolean) ? 0 : 1
