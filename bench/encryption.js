import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash } from '@node-rs/bcrypt'
import { PASSWORD } from './core/client.js'
import { populate } from './core/populate.js'
import { callerInProcess, compare, everyOperation } from './core/scale.js'
import { option } from './script.js'
import { buildServer } from '../dist/src/embedded-core/server.js'
import { sweep } from '../dist/src/embedded-core/storage/housekeeping.js'
import { deriveKeys } from '../dist/src/embedded-core/storage/key-ring.js'
import { STEPS } from '../dist/src/embedded-core/storage/schema.js'
import { openStorage } from '../dist/src/embedded-core/storage/storage.js'
import { openApps } from '../dist/src/embedded-core/tenants/apps.js'

/**
 * Measures what `encryption: 'all'` costs in the embedded Core: the CPU time of each operation on a file without a secret key and on
 * one in which everything is encrypted, slice by slice in turns, in this process; what it takes to encrypt the file, to do so
 * with another key and to take it back; and how large it gets.
 *
 * Usage: node bench/encryption.js [--users 100000]
 */
const USERS = Number(option('--users', 100_000))
const [ONE, TWO] = ['one', 'two'].map((name) => `secret key ${name} of thirty-two characters`)

const folder = mkdtempSync(join(tmpdir(), 'bench-encryption-'))
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })

const load = () => loadavg()[0].toFixed(1)
const mb = (file) => `${(statSync(file).size / 2 ** 20).toFixed(0)} MB`
const [plain, sealed] = ['plain', 'sealed'].map((name) => join(folder, `${name}.db`))

function open (file, options) {
  const before = process.cpuUsage()
  const apps = openApps({ file, config: { bcrypt_log_rounds: 4 }, durability: 'normal', now: Date.now, onError: (error) => { throw error }, ...options })
  const { user, system } = process.cpuUsage(before)
  return { apps, seconds: ((user + system) / 1e6).toFixed(1) }
}

function timed (what, options) {
  const { apps, seconds } = open(sealed, options)
  apps.close()
  console.log(`- ${what}: ${seconds} s of CPU time, ${mb(sealed)}`)
}

async function work (file, options) {
  const { apps } = open(file, options)
  const server = buildServer(apps, [], false)
  await server.ready()
  return everyOperation(callerInProcess(server), USERS, PASSWORD, () => sweep(apps.get('public')))
}

console.log(`Node ${process.version}, ${USERS.toLocaleString('en')} users, load average ${load()} at the start\n`)
const db = openStorage(plain, { steps: STEPS.slice(0, 2) })
populate(db, USERS, await hash(PASSWORD, 4))
db.close()
open(plain).apps.close()
console.log(`- without a secret key: ${mb(plain)}`)
copyFileSync(plain, sealed)
timed('encrypted', { ring: deriveKeys(ONE), encryption: 'all' })
timed('with another key', { ring: deriveKeys([TWO, ONE]) })
timed('taken back', { ring: deriveKeys(TWO), encryption: 'secrets' })
timed('encrypted again', { ring: deriveKeys(TWO), encryption: 'all' })
timed('opened', { ring: deriveKeys(TWO) })

const [without, within] = [await work(plain), await work(sealed, { ring: deriveKeys(TWO) })]
console.log('\n| CPU time in ms | without a key | everything encrypted | ratio |\n| --- | ---: | ---: | ---: |')
for (const name of Object.keys(without)) {
  const { small, large, ratio } = await compare(without[name], within[name])
  console.log(`| ${name} | ${small.toFixed(2)} | ${large.toFixed(2)} | ${ratio.toFixed(2)} |`)
}
console.log(`\nLoad average ${load()} at the end.`)
process.exit()
