import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createVerifier, type VerifierOptions } from '../../src/verifier/index.js'
import type { DemandOptions } from '../../src/session/demand-options.js'
import { pathTo } from '../root.js'

interface Vector {
  name: string
  clock: number
  service: { claim: NonNullable<VerifierOptions['claim']>, transferMethod: NonNullable<VerifierOptions['tokenTransferMethod']>, antiCsrf: NonNullable<VerifierOptions['antiCsrf']> }
  request: { method: string, headers: Record<string, string> }
  requirement: DemandOptions
  core?: 'confirms' | 'refuses'
  expected: { decision: 'admit' | '401' | '403', user?: string, message?: string, claim?: { id: string, reason: object } }
}

const FOLDER = pathTo('examples/vectors')
const read = <Content> (name: string): Content => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Content
const keys = read<object>('jwks.json')
const vectors = readdirSync(FOLDER).filter((name) => name !== 'jwks.json').flatMap((name) => read<{ cases: Vector[] }>(name).cases)

function verifierFor ({ clock, service: { claim, transferMethod, antiCsrf }, core }: Vector) {
  let asked = 0
  const verifier = createVerifier({
    serviceUrl: 'https://api.shop.example',
    claim,
    tokenTransferMethod: transferMethod,
    antiCsrf,
    websiteDomains: ['https://shop.example'],
    unconfirmed: 'ask',
    clock: () => clock,
    async fetch (url) {
      if (url.endsWith('/jwks.json')) return Response.json(keys)
      asked++
      return Response.json({ message: '' }, { status: core === 'confirms' ? 200 : 401 })
    }
  })
  return { verifier, asked: () => asked }
}

t.test('the verifier decides about every vector as the guard does, whether the token is new to it or not', async (t) => {
  t.ok(vectors.length > 200)
  for (const vector of vectors) {
    const { name, request, requirement, core, expected: { decision, user, message, claim } } = vector
    const { verifier, asked } = verifierFor(vector)
    const verify = verifier.requiring(requirement)
    for (const time of ['at first', 'again']) {
      const found = await verify(request)
      t.equal(found.admitted ? 'admit' : String(found.status), decision, `${name}, ${time}`)
      if (found.admitted) t.equal(found.session.userId, user ?? found.session.userId, name)
      else {
        if (message !== undefined && request.method !== 'HEAD') t.hasStrict(found.body, { message }, name)
        // The guard asks the Core for roles that the token has none of, and then knows that they are the wrong ones.
        const isFetched = (claim?.reason as { message?: string } | undefined)?.message === 'wrong value' && name === 'no claim of roles'
        if (claim !== undefined && !isFetched) t.hasStrict((found.body as { claimValidationErrors?: object[] }).claimValidationErrors?.[0], claim, name)
      }
    }
    t.equal(asked() > 0, core !== undefined, `${name}: the service is asked where only the Core can tell`)
  }
})
