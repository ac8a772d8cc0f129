// Takes one check after another out of a copy of the build, runs the attack suite of fastify-2fa/testing on a small host app
// with it, and prints which it has found: `npm run mutation [-- NAME ...]`. Fails if one is not found, or if the build as it is
// is not clean.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { changesOf, MUTATIONS, mutate } from './mutation/mutations.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const HOST = fileURLToPath(new URL('mutation/host.js', import.meta.url))
const MOST_SECONDS = 120

const run = promisify(execFile)

/** A copy of the build, in which files can be changed. */
function copyBuild (folder) {
  for (const part of ['dist/src', 'dist/plugins', 'dist/routes', 'src/hosted-pages/assets', 'package.json']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: (file) => !/\.(map|d\.ts)$/.test(file) })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Runs the suite with the build in this folder. */
async function attack (folder) {
  try {
    const { stdout } = await run(process.execPath, ['--max-semi-space-size=64', HOST, folder], { timeout: MOST_SECONDS * 1000, maxBuffer: 2 ** 24 })
    return JSON.parse(stdout.trim().split('\n').at(-1))
  } catch (err) {
    return { open: [], unproven: [], failure: String(err.stderr || err.message).trim().slice(0, 2000) }
  }
}

async function tryMutation (folder, mutation) {
  const files = changesOf(mutation).map((change) => {
    const path = join(folder, 'dist', change.file)
    const source = readFileSync(path, 'utf8')
    return { path, source, mutated: mutate(source, change) }
  })
  for (const { path, mutated } of files) writeFileSync(path, mutated)
  const { open, failure, cpu } = await attack(folder)
  for (const { path, source } of files) writeFileSync(path, source)
  const found = [...new Set(open.map(({ attack }) => attack))]
  const seconds = cpu === undefined ? '' : ` (${((cpu.user + cpu.system) / 1e6).toFixed(1)} s)`
  console.log(found.includes(mutation.by)
    ? `found      ${mutation.name}: ${found.join(', ')}${seconds}`
    : `NOT FOUND  ${mutation.name}: ${mutation.by} did not find it${found.length > 0 ? `, but ${found.join(', ')} did` : ''}${failure === undefined ? '' : `\n${failure}`}`)
  return found.includes(mutation.by)
}

const wanted = process.argv.slice(2)
const mutations = MUTATIONS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const place = mkdtempSync(join(tmpdir(), 'fastify-2fa-mutation-'))
try {
  const folders = Array.from({ length: Math.min(4, availableParallelism()) }, (_, index) => copyBuild(join(place, String(index))))
  const { open, unproven, text, failure } = await attack(folders[0])
  const isClean = failure === undefined && open.length + unproven.length === 0
  console.log(isClean ? 'clean      the build as it is: nothing open, nothing unproven' : `NOT CLEAN  the build as it is:\n${failure ?? text}`)
  const waiting = mutations.values()
  let found = 0
  await Promise.all(folders.map(async (folder) => {
    for (const mutation of waiting) if (await tryMutation(folder, mutation)) found++
  }))
  console.log(`\n${found} of ${mutations.length} found`)
  process.exitCode = isClean && mutations.length > 0 && found === mutations.length ? 0 : 1
} finally {
  rmSync(place, { recursive: true, force: true })
}
