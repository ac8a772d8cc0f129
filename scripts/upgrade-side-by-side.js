// Upgrades a real installation: `node scripts/upgrade-side-by-side.js [REVISION] [--built FOLDER]`.
//
// Builds an earlier state in a worktree of its own, starts an embedded Core of it on a file, a replica of it and one of the
// present build beside it, with a real Redis. Logins cross between the two, in both directions: on the Core as it was, and
// after the Core has been upgraded on the same file. Then a Core of the earlier state is started on the new file, which it
// has to refuse, and on the copy that the upgrade has left. Prints tables for docs/scale-out.md; exits with 1 if anything
// is not as it should be. `--built` names a worktree of that revision that is built already.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort, startRedis } from '../bench/scale-out/processes.js'
import { buildIn, earlier } from './upgrade/earlier.js'
import { guarded, signIn, answer, askForCode, refresh } from './upgrade/person.js'
import { coreRefuses, startCore, startReplica } from './upgrade/processes.js'
import { enrol, walk, WALKS } from './upgrade/walks.js'

const NOW = fileURLToPath(new URL('..', import.meta.url))
const { values: { built }, positionals: [revision] } = parseArgs({ allowPositionals: true, options: { built: { type: 'string' } } })

const old = earlier(revision)
const folder = mkdtempSync(join(tmpdir(), 'upgrade-'))
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })
const empty = join(folder, 'empty')
mkdirSync(empty)
const OLD = built ?? join(folder, 'old')
const say = (text) => { process.stderr.write(`${text}\n`) }

say(`earlier state: ${old.revision}, ${old.commit.slice(0, 8)} of ${old.date}, ${old.behind} commits behind`)
if (built === undefined) buildIn(OLD, old.commit)
else if (execFileSync('git', ['rev-parse', 'HEAD'], { cwd: built, encoding: 'utf8' }).trim() !== old.commit) throw new Error(`${built} is not at ${old.commit}`)

setTimeout(() => {
  console.error('It has not ended after ten minutes.')
  process.exit(1)
}, 600_000).unref()

const place = { file: join(folder, 'core.sqlite'), port: await freePort(), apiKey: 'a-key-of-the-upgrade-script' }
const redisPort = await freePort()
const redis = await startRedis(redisPort)
let core = await startCore(OLD, empty, place)

const startBeside = async (name, build) => await startReplica(name, build, empty, { port: await freePort(), connectionURI: `http://127.0.0.1:${place.port}`, apiKey: place.apiKey, redisUrl: `redis://127.0.0.1:${redisPort}` })

const before = await startBeside('old', OLD)
/** People of the time before the upgrade: one for each question, since asking changes their session. */
const people = { guarded: await enrol(before), refreshed: await enrol(before), signsIn: await enrol(before) }
const after = await startBeside('new', NOW)

const found = {}
async function crossed (moment) {
  say(moment)
  found[moment] = { 'old, new': await walk(before, after, old), 'new, old': await walk(after, before, old) }
}

const checks = []
function check (what, isSo) {
  say(`${isSo ? 'so' : 'NOT SO'}: ${what}`)
  checks.push({ what, isSo })
}

check('a session of before opens at the new replica', await guarded(after, people.guarded) === 200)
await crossed('Core of before')

await core.stop()
core = await startCore(NOW, empty, place)
const kept = readdirSync(folder).find((name) => name.startsWith(`${basename(place.file)}.schema-`))
say(kept === undefined ? 'the schema is the same' : `the Core has kept ${kept}`)
await before.ready()
await after.ready()
await crossed('Core of now')

check('a session of before opens at both replicas', await guarded(before, people.guarded) === 200 && await guarded(after, people.guarded) === 200)
await refresh(after, people.refreshed)
check('a session of before is refreshed at the new replica, and opens at both', await guarded(before, people.refreshed) === 200 && await guarded(after, people.refreshed) === 200)
check('the old replica drains and ends with 0', await before.stop() === 0)
await signIn(after, people.signsIn)
await answer(after, people.signsIn, await askForCode(after, people.signsIn))
check('people of before sign in with the new replica alone, with the phone that they had', await guarded(after, people.signsIn) === 200)
await core.stop()
await after.stop()

if (kept === undefined) check('the Core of before takes the file back, whose schema is the same', await coreRefuses(OLD, empty, place) === undefined)
else {
  const refused = await coreRefuses(OLD, empty, place)
  say(refused?.said ?? '')
  check('a Core of before refuses the new file, and names the reason', refused?.code === 1 && /Use the release that wrote it/.test(refused.said))
  core = await startCore(OLD, empty, { ...place, file: join(folder, kept) })
  const again = await startBeside('old', OLD)
  await signIn(again, people.signsIn)
  await answer(again, people.signsIn, await askForCode(again, people.signsIn))
  check('on the copy that the upgrade has left, people of before sign in with the old release', await guarded(again, people.signsIn) === 200)
  await again.stop()
  await core.stop()
}
await redis.kill()

const { version } = process
console.log(`\n${new Date().toISOString().slice(0, 10)}, Node ${version}; earlier state ${old.commit.slice(0, 8)} of ${old.date}, ${old.behind} commits before:\n`)
const columns = Object.entries(found).flatMap(([moment, ways]) => Object.entries(ways).map(([way, problems]) => ({ title: `${moment}; ${way}`, problems })))
console.log(`| one and the other: | ${columns.map(({ title }) => title).join(' | ')} |\n|---|${columns.map(() => '---|').join('')}`)
for (const name of Object.keys(WALKS)) console.log(`| ${name} | ${columns.map(({ problems }) => problems[name] ?? 'yes').join(' | ')} |`)
console.log(`\n${checks.map(({ what, isSo }) => `- ${isSo ? '' : 'NOT SO: '}${what}`).join('\n')}`)
process.exit(checks.every(({ isSo }) => isSo) && columns.every(({ problems }) => Object.values(problems).every((problem) => problem === undefined || problem.startsWith('as it was'))) ? 0 : 1)
