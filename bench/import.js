import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { option } from './script.js'

/**
 * Measures what an import costs: a new process for each, one variant after the other in each round, so that all of them
 * see the same machine. CPU time is that of the import alone, of all threads; an empty process takes no part in it.
 *
 * Usage: node bench/import.js [--rounds 15] [--library <path of the built index.js>]
 */
const ROUNDS = Number(option('--rounds', '15'))
const LIBRARY = new URL(option('--library', '../dist/src/index.js'), import.meta.url).href
// What SuperTokens' guides import for the same two factors.
const RECIPES = ['session', 'emailpassword', 'passwordless', 'usermetadata'].map((recipe) => `supertokens-node/recipe/${recipe}`)

const VARIANTS = {
  'supertokens-node': ['supertokens-node'],
  'supertokens-node and the recipes of the guides': ['supertokens-node', ...RECIPES],
  'fastify-2fa': [LIBRARY],
  'fastify-2fa, after these recipes': [LIBRARY]
}
const BEFORE = { 'fastify-2fa, after these recipes': ['supertokens-node', ...RECIPES] }

const script = (before, modules) => `
  for (const name of ${JSON.stringify(before)}) await import(name)
  const start = performance.now()
  const cpu = process.cpuUsage()
  for (const name of ${JSON.stringify(modules)}) await import(name)
  const { user, system } = process.cpuUsage(cpu)
  console.log(JSON.stringify({ wall: performance.now() - start, cpu: (user + system) / 1000 }))`

function measure (name) {
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script(BEFORE[name] ?? [], VARIANTS[name])], {
    cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' }
  })
  return JSON.parse(output)
}

function median (values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

const names = Object.keys(VARIANTS)
const results = Object.fromEntries(names.map((name) => [name, []]))
// The first round only fills the file system's cache.
for (let round = 0; round <= ROUNDS; round++) {
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    const result = measure(name)
    if (round > 0) results[name].push(result)
  }
}

const [reference] = names
console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, load average ${loadavg()[0].toFixed(1)}; ${ROUNDS} rounds.\n`)
console.log('| import | CPU ms, median (least) | wall ms, median (least) | CPU × `supertokens-node`, median of pairs |')
console.log('| --- | ---: | ---: | ---: |')
for (const name of names) {
  const [cpu, wall] = ['cpu', 'wall'].map((key) => results[name].map((result) => result[key]))
  const ratio = median(cpu.map((value, i) => value / results[reference][i].cpu))
  const format = (values) => `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)})`
  console.log(`| ${name} | ${format(cpu)} | ${format(wall)} | ${ratio.toFixed(1)} |`)
}
