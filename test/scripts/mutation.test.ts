import { readFileSync } from 'node:fs'
import t from 'tap'
import { ATTACKS } from '../../src/testing/attack-suite/attacks/index.js'
import { pathTo } from '../root.js'

interface Change {
  file: string
  search: string
  replace: string
}

interface Mutations {
  MUTATIONS: Array<Change & { name: string, by: string, and?: Change }>
  changesOf (mutation: Change): Change[]
  countIn (source: string, change: Change): number
  mutate (source: string, change: Change): string
}

const { MUTATIONS, changesOf, countIn, mutate } = await import(pathTo('scripts/mutation/mutations.js')) as Mutations

t.test('each check that npm run mutation takes out is still in the build, once', async (t) => {
  for (const mutation of MUTATIONS) {
    for (const change of changesOf(mutation)) {
      const source = readFileSync(pathTo(`dist/${change.file}`), 'utf8')
      t.equal(countIn(source, change), 1, `${change.file}: ${change.search}`)
      t.not(mutate(source, change), source)
    }
  }
})

t.test('at least twenty checks are taken out, each under a name of its own and for an attack that exists', async (t) => {
  t.ok(MUTATIONS.length >= 20)
  t.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length)
  const ids = ATTACKS.map(({ id }) => id)
  for (const { by } of MUTATIONS) t.ok(ids.includes(by), by)
})

t.test('a text that is gone, or there twice, stops the script', async (t) => {
  const change = { file: 'x.js', search: 'check()', replace: '' }
  for (const source of ['', 'check(); check()']) t.throws(() => mutate(source, change), /x\.js has "check\(\)" [02] times/)
  t.equal(mutate('a(); check(); b()', { ...change, replace: '$&' }), 'a(); $&; b()')
})
