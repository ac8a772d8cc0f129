// Runs the compiled tests with tap: `node scripts/test.js [--coverage] [--long | --browser | [--redis] [--postgres] [--proxies]
// [--promtool] [--languages] [--hosts] [--examples] [--deploy]] [NAME ...]`.
//
// A process takes more than a second of CPU to load everything, and most files take less than that for their tests. So
// files share processes, one after the other (test/one-after-the-other.ts).
import { spawnSync } from 'node:child_process'
import { generateKeyPair } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { installInExamples } from './install-in-examples.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TESTS = join(ROOT, 'dist/test')
const PROCESSES = join(TESTS, 'processes')

/**
 * The processes: files and folders each. A file that is named itself does not run with its folder. New processes should
 * take as long as the others, or less: the longest ones end last.
 */
const GROUPS = {
  'attacks-by-email': [
    'attacks/two-factor-global', 'attacks/code-swap', 'attacks/broken-phone', 'attacks/late-sessions', 'attacks/careless-host', 'attacks/missing-guard', 'attacks/declared-anywhere',
    'attacks/secure-by-default', 'attacks/websockets', 'attacks/host-parsers', 'attacks/host-refusals'
  ],
  'attacks-by-phone': [
    'attacks/phone-password-global', 'attacks/late-sessions-by-phone', 'attacks/number-of-another', 'attacks/number-guessing', 'attacks/pumping-by-phone'
  ],
  'attacks-on-limits': ['attacks/guessing', 'attacks/sms-pumping', 'attacks/distributed-pumping', 'attacks/flooding', 'attacks/expired-codes'],
  'attacks-on-factors': ['attacks/any-factor', 'attacks/any-passkey', 'attacks/email-factor', 'attacks/authenticator-app', 'attacks/all-factors', 'attacks/passkey', 'attacks/passkey-sign-in', 'attacks/late-passkey-sign-in', 'attacks/totp'],
  'attacks-by-route': ['attacks/two-factor-route', 'attacks/phone-password-route'],
  attacks: ['attacks'],
  // The first test of its first file is about a process in which no app was ready yet.
  plugins: ['plugins/session-guard', 'plugins', 'routes', 'audit', 'metrics', 'limits', 'playground', 'testing', 'step-up', 'server', 'service', 'tracing'],
  'attack-suite': ['testing/attack-suite'],
  flows: ['flows', 'first-factor', 'language/answers', 'language/answers-by-phone'],
  sessions: ['session', 'account', 'admin', 'forward-auth', 'revocations'],
  'hosted-pages': ['hosted-pages', 'attacks/hosted-pages', 'attacks/hosted-pages-cookies'],
  'admin-pages': ['hosted-pages/admin-every-page'],
  'second-factor': ['second-factor'],
  'same-decision': ['session/same-decision-default'],
  'same-decision-by-option': [
    'session/same-decision-custom-header', 'session/same-decision-header', 'session/same-decision-none', 'session/same-decision-same-site', 'session/same-decision-token'
  ],
  'embedded-core': ['embedded-core'],
  backup: ['embedded-core/backup'],
  'backup-long': ['embedded-core/backup-long'],
  migrate: ['migrate'],
  migration: ['migration'],
  upgrades: ['upgrades'],
  verifier: ['verifier'],
  'same-decision-elsewhere': [
    'verifier/same-decision-custom-header', 'verifier/same-decision-default', 'verifier/same-decision-header', 'verifier/same-decision-none', 'verifier/same-decision-same-site',
    'verifier/same-decision-token'
  ],
  units: ['admin-api', 'client', 'commands', 'config', 'contributing', 'delivery', 'errors', 'language', 'openapi', 'optional-package', 'options', 'outage', 'phone', 'scripts', 'signing-keys', 'supertokens']
}

/** What has a process of its own: it starts, kills and measures others, and mostly waits for them. */
const ALONE = ['limits/memory', 'migrate/killed', 'cli', 'container', 'embedded-core/durability', 'embedded-core/no-scans', 'faults', 'package', 'readme', 'scripts/api-report', 'service/reload-under-load']

/**
 * What takes longest, longest first: if one of them started last, it would run alone. What mostly waits is in between, so
 * that it waits while others work.
 */
const FIRST = [
  'sessions', 'attacks', 'attacks-on-factors', 'faults/provider-hangs', 'embedded-core', 'same-decision-by-option', 'same-decision-elsewhere', 'faults/core-slow', 'attack-suite', 'plugins', 'package', 'attacks-by-phone', 'faults/service-killed',
  'embedded-core/durability', 'hosted-pages', 'attacks-on-limits', 'container', 'attacks-by-email', 'faults/replicas', 'flows', 'faults/core-killed', 'second-factor', 'migrate', 'units'
]

/** What needs more than Node and `npm ci`: a Redis, a PostgreSQL, nginx and Caddy, Go and Python, plugins of hosts, Chromium, other frameworks, linters of operators, Prometheus' promtool. Each has a script of its own. */
const APART = ['redis/', 'postgres/', 'proxies/', 'promtool/', 'languages/', 'hosts/', 'browser/', 'examples/', 'deploy/']

/** Groups that need Node alone and take long, so that `npm test` stays short: `npm run test:long`. */
const LONG = ['limits/memory', 'migrate/killed', 'scripts/api-report', 'admin-pages', 'attack-suite', 'attacks-by-route', 'backup', 'backup-long', 'same-decision-by-option', 'same-decision-elsewhere', 'migration', 'upgrades', 'package', 'faults/audit-killed', 'faults/core-killed', 'faults/core-slow', 'faults/provider-hangs', 'faults/replicas', 'faults/service-killed', 'service/reload-under-load']

/** Lists all test files, as names such as `flows/two-factor`. */
function testNames () {
  return readdirSync(TESTS, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => file.slice(0, -'.test.js'.length))
    .sort()
}

const fileOf = (name) => relative(ROOT, join(TESTS, `${name}.test.js`))

const importOf = (name) => `await import('../${name}.test.js')\n`

/** tap runs files in the order of their names. */
function writeProcess (name, place, code) {
  const file = join(PROCESSES, `${String(place).padStart(3, '0')}-${name.replaceAll('/', '-')}.js`)
  writeFileSync(file, code)
  return relative(ROOT, file)
}

/** Of test/browser, what takes longest, longest first. */
const FIRST_OF_BROWSER = ['browser/hosted-pages', 'browser/email-password', 'browser/refusals-email', 'browser/phone-password', 'browser/docs-mfa']

/** Tests in a folder of test/browser that has a stage.ts share its service and its Chromium, and so a process. */
function byStage (names) {
  const processes = new Map(FIRST_OF_BROWSER.map((name) => [name, []]))
  for (const name of names) {
    const folder = dirname(name)
    const process = existsSync(join(TESTS, folder, 'stage.js')) ? folder : name
    processes.set(process, [...processes.get(process) ?? [], name])
  }
  mkdirSync(PROCESSES, { recursive: true })
  return [...processes].filter(([, members]) => members.length > 0).map(([process, members], place) => writeProcess(process, place, members.map(importOf).join('')))
}

/** What comes first, of the entries that name a file itself or a folder that it is in: the closest. */
function placeIn (entries, name) {
  const [place] = entries.filter((entry) => name === entry || name.startsWith(`${entry}/`)).sort((one, other) => other.length - one.length)
  return place
}

/** The processes, each with its files in the order in which its group names them. */
function inProcesses (names) {
  const entries = [...Object.values(GROUPS).flat(), ...ALONE]
  const processes = new Map(FIRST.map((name) => [name, []]))
  const found = new Set()
  for (const name of names) {
    const entry = placeIn(entries, name)
    found.add(entry)
    const group = Object.keys(GROUPS).find((group) => GROUPS[group].includes(entry)) ?? name
    processes.set(group, [...processes.get(group) ?? [], { name, place: GROUPS[group]?.indexOf(entry) }])
  }
  const unknown = [...entries.filter((entry) => !found.has(entry)), ...FIRST.filter((name) => processes.get(name).length === 0)]
  if (unknown.length > 0) throw new Error(`GROUPS, ALONE or FIRST in scripts/test.js names tests that do not exist: ${unknown.join(', ')}. Remove them from the list.`)
  return [...processes].map(([process, members]) => [process, members.sort((one, other) => one.place - other.place).map(({ name }) => name)])
}

/** Those of `npm test`, or of `npm run test:long`. */
function together (names, isLong) {
  rmSync(PROCESSES, { recursive: true, force: true })
  mkdirSync(PROCESSES)
  const processes = inProcesses(names.filter((name) => !APART.some((folder) => name.startsWith(folder))))
  return processes.filter(([process]) => LONG.includes(process) === isLong).map(([process, members], place) => {
    const [only] = members
    return writeProcess(process, place, members.length === 1 ? importOf(only) : `import { runFiles } from '../one-after-the-other.js'\n\nawait runFiles(${JSON.stringify(members)})\n`)
  })
}

/** Generates RSA keys for `test/rsa-pool.ts`, once per build. */
async function fillPool (file) {
  if (existsSync(file)) return
  const options = { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }
  const keys = await Promise.all(Array.from({ length: 20 }, () => new Promise((resolve, reject) => {
    generateKeyPair('rsa', options, (error, _publicKey, privateKey) => error ? reject(error) : resolve(privateKey))
  })))
  writeFileSync(file, JSON.stringify({ cores: keys.slice(0, 12), tests: keys.slice(12) }))
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

const apart = APART.filter((folder) => args.includes(`--${folder.slice(0, -1)}`))

const candidates = apart.length === 0 ? names : names.filter((name) => apart.some((folder) => name.startsWith(folder)))
const isWanted = (name) => wanted.some((one) => name === one || name.endsWith(`/${one}`) || name.startsWith(`${one}/`))
let files
if (wanted.length > 0) files = candidates.filter(isWanted).map(fileOf)
else if (apart.includes('browser/')) files = byStage(candidates)
else if (apart.length > 0) files = candidates.map(fileOf)
else files = together(names, args.includes('--long'))

if (files.length === 0) {
  console.error(`There is no test ${wanted.join(', ')}. Give a file or a folder, for example test/limits/store.test.ts, limits/store or limits.`)
  process.exit(1)
}
await fillPool(join(TESTS, 'rsa-pool.json'))
// Loaded here, since only test/browser/package.json installs the bundler that it takes.
if (apart.includes('browser/')) await (await import('../test/browser/frontends/build.js')).buildFrontends()
if (files.some((file) => file.includes('test/examples/'))) installInExamples()
const options = args.includes('--coverage') ? [] : ['--disable-coverage']
// Each file has a Chromium, and one process has many tests.
if (apart.includes('browser/')) options.push('--jobs=2', '--timeout=600')
buildTap()
if (!args.includes('--coverage')) preload('no-recording.js')
process.exitCode = tap(...options, ...files)
if (apart.length === 0 && wanted.length === 0 && !args.includes('--long')) {
  console.log(`Not among these tests: npm run test:long, and because they need more than Node: ${APART.map((folder) => `npm run test:${folder.slice(0, -1)}`).join(', ')}.`)
}
