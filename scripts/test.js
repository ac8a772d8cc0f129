// Runs the compiled tests with tap: `node scripts/test.js [--coverage] [--redis | --hosts | --browser] [NAME ...]`.
//
// A process takes a second to load everything, so files share one where possible: those whose apps take the same
// options (supertokens-node is one per process) and those that start no app. A file without a group has its own
// process.
import { spawnSync } from 'node:child_process'
import { generateKeyPair } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TESTS = join(ROOT, 'dist/test')
const PROCESSES = join(TESTS, 'processes')

const GROUPS = {
  'default-service': [
    'attacks/two-factor-global', 'attacks/code-swap', 'attacks/broken-phone', 'attacks/late-sessions', 'flows/two-factor', 'flows/session-guide', 'audit/audit',
    'routes/auth', 'routes/lengths', 'routes/nulls', 'routes/refusals', 'attacks/careless-host', 'plugins/larger-app', 'plugins/order', 'plugins/namespace', 'flows/delivery-failure',
    'attacks/missing-guard', 'attacks/declared-anywhere', 'attacks/secure-by-default', 'attacks/websockets', 'attacks/host-parsers', 'attacks/host-refusals'
  ],
  'embedded-core': [
    'embedded-core/semantics', 'embedded-core/fidelity', 'embedded-core/vectors', 'embedded-core/bulk-import', 'embedded-core/storage',
    'embedded-core/keys', 'embedded-core/user-lists', 'embedded-core/versions', 'embedded-core/housekeeping', 'embedded-core/query-plans',
    'embedded-core/differential', 'embedded-core/input', 'embedded-core/sdk'
  ],
  'phone-password': ['flows/phone-password', 'attacks/number-of-another'],
  'phone-password-attacks': ['attacks/phone-password-global', 'attacks/late-sessions-by-phone'],
  'embedded-core-files': ['embedded-core/secrets-at-rest', 'embedded-core/options', 'embedded-core/migration', 'embedded-core/disk'],
  'other-paths': ['plugins/paths', 'attacks/stray-cookies'],
  migrate: ['migrate/import', 'migrate/again', 'migrate/outage', 'migrate/round-trip', 'migrate/killed', 'migrate/export'],
  units: [
    'config', 'options/production', 'errors', 'optional-package', 'phone/number', 'delivery/outbox', 'delivery/sms/sender', 'delivery/sms/supertokens', 'delivery/sms/twilio',
    'delivery/sms/webhook', 'delivery/mail/sender', 'delivery/mail/smtp', 'session/key-set', 'session/request-token', 'session/self-check',
    'session/terms', 'session/stray-cookies', 'session/token-cache', 'session/verified-token', 'supertokens/tenant-cache', 'supertokens/core-calls', 'limits/unlock',
    'supertokens/paths', 'plugins/cors', 'first-factor/third-party', 'outage/circuit', 'commands/node-version', 'contributing', 'scripts/failures', 'scripts/build-if-changed', 'second-factor/code', 'second-factor/factor-keys', 'second-factor/passkey/relying-party', 'language/catalogues', 'language/languages'
  ]
}

/**
 * The groups and files that take longest, longest first: if one of them started last, it would run alone. What mostly
 * waits is in between, so that it waits while others work.
 */
const FIRST = [
  'default-service', 'attacks/guessing', 'faults/provider-hangs', 'attacks/two-factor-route', 'phone-password-attacks', 'faults/core-slow',
  'attacks/phone-password-route', 'package', 'embedded-core', 'faults/service-killed', 'phone-password', 'attacks/distributed-pumping', 'attacks/sms-pumping',
  'faults/replicas', 'attacks/any-factor', 'attacks/any-passkey', 'attacks/email-factor', 'attacks/authenticator-app', 'attacks/totp', 'attacks/all-factors', 'faults/core-killed', 'limits/memory', 'container', 'embedded-core/durability', 'units', 'migrate',
  'session/same-decision-custom-header', 'session/same-decision-default', 'session/same-decision-header', 'session/same-decision-none',
  'session/same-decision-same-site', 'session/same-decision-token'
]

/** What needs more than Node and `npm ci`: a Redis, plugins of hosts, Chromium. Each has a script of its own. */
const APART = ['redis/', 'hosts/', 'browser/']

/** Lists all test files, as names such as `flows/two-factor`. */
function testNames () {
  return readdirSync(TESTS, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => file.slice(0, -'.test.js'.length))
    .sort()
}

const fileOf = (name) => relative(ROOT, join(TESTS, `${name}.test.js`))

/** Writes a file that imports tests, one after the other. tap runs files in the order of their names. */
function writeProcess (name, members, place) {
  const file = join(PROCESSES, `${String(place).padStart(3, '0')}-${name.replaceAll('/', '-')}.js`)
  writeFileSync(file, members.map((member) => `await import('../${member}.test.js')\n`).join(''))
  return relative(ROOT, file)
}

/** Tests in a folder of test/browser that has a stage.ts share its service and its Chromium, and so a process. */
function byStage (names) {
  const files = []
  const stages = new Map()
  for (const name of names) {
    const folder = dirname(name)
    if (!existsSync(join(TESTS, folder, 'stage.js'))) files.push(fileOf(name))
    else stages.set(folder, [...stages.get(folder) ?? [], name])
  }
  mkdirSync(PROCESSES, { recursive: true })
  return [...[...stages].map(([folder, members]) => writeProcess(folder, members, 0)), ...files]
}

function everything (names) {
  const grouped = new Set(Object.values(GROUPS).flat())
  const unknown = [...grouped, ...FIRST].filter((name) => !names.includes(name) && !(name in GROUPS))
  if (unknown.length > 0) throw new Error(`GROUPS or FIRST in scripts/test.js names tests that do not exist: ${unknown.join(', ')}. Remove them from the list.`)
  rmSync(PROCESSES, { recursive: true, force: true })
  mkdirSync(PROCESSES)
  const alone = names.filter((name) => !grouped.has(name) && !APART.some((folder) => name.startsWith(folder)))
  return [...new Set([...FIRST, ...Object.keys(GROUPS), ...alone])].map((name, place) => writeProcess(name, GROUPS[name] ?? [name], place))
}

/** Generates RSA keys for `test/rsa-pool.ts`, once per build. */
async function fillPool (file) {
  if (existsSync(file)) return
  const options = { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }
  const keys = Array.from({ length: 12 }, () => new Promise((resolve, reject) => {
    generateKeyPair('rsa', options, (error, _publicKey, privateKey) => error ? reject(error) : resolve(privateKey))
  }))
  writeFileSync(file, JSON.stringify(await Promise.all(keys)))
}

function tap (...args) {
  return spawnSync(process.execPath, [join(ROOT, 'node_modules/tap/dist/esm/run.mjs'), ...args], { cwd: ROOT, stdio: 'inherit' }).status ?? 1
}

/** Must run before tap's own preloads, and in the processes that tests start: .taprc's `node-arg` does neither. */
function preload (file) {
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import=${pathToFileURL(join(TESTS, file))}`.trim()
}

/** tap comes built with all its plugins. Its first run builds it anew, but still loads those that .taprc leaves out. */
function buildTap () {
  const built = join(ROOT, 'node_modules/@tapjs/test/test-built/dist/esm/index.js')
  if (readFileSync(built, 'utf8').includes('@tapjs/typescript')) tap('build')
}

const args = process.argv.slice(2)
const names = testNames()
const wanted = args.filter((arg) => !arg.startsWith('--')).map((arg) => arg.replace(/^(dist\/)?test\//, '').replace(/(\.test)?\.[jt]s$/, ''))

const apart = APART.find((folder) => args.includes(`--${folder.slice(0, -1)}`))

const candidates = apart === undefined ? names : names.filter((name) => name.startsWith(apart))
const isWanted = (name) => wanted.some((one) => name === one || name.endsWith(`/${one}`) || name.startsWith(`${one}/`))
let files
if (wanted.length > 0) files = candidates.filter(isWanted).map(fileOf)
else if (apart === 'browser/') files = byStage(candidates)
else if (apart !== undefined) files = candidates.map(fileOf)
else files = everything(names)

if (files.length === 0) {
  console.error(`There is no test ${wanted.join(', ')}. Give a file or a folder, for example test/limits/store.test.ts, limits/store or limits.`)
  process.exit(1)
}
await fillPool(join(TESTS, 'rsa-pool.json'))
// Loaded here, since only test/browser/package.json installs the bundler that it takes.
if (apart === 'browser/') await (await import('../test/browser/frontends/build.js')).buildFrontends()
const options = args.includes('--coverage') ? [] : ['--disable-coverage']
// Each file has a Chromium, and one process has many tests.
if (apart === 'browser/') options.push('--jobs=2', '--timeout=600')
buildTap()
if (!args.includes('--coverage')) preload('no-recording.js')
process.exitCode = tap(...options, ...files)
if (apart === undefined && wanted.length === 0) {
  console.log(`Not among these tests, because they need more than Node: ${APART.map((folder) => `npm run test:${folder.slice(0, -1)}`).join(', ')}.`)
}
