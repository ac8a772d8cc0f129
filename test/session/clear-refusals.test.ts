import * as Session from 'supertokens-node/recipe/session'
import t from 'tap'
import { readRefusals } from '../../src/session/clear-refusals.js'

const read = (getSession: (input: { accessToken?: string }) => Promise<undefined>) => readRefusals({ recipeInterfaceImpl: { getSession } } as never)

t.test('refusals are the SDK\'s own errors, and nobody can change them', async (t) => {
  const refusals = await read(async ({ accessToken }) => {
    throw new Session.Error(accessToken === undefined ? { type: 'UNAUTHORISED', message: 'none' } : { type: 'TRY_REFRESH_TOKEN', message: 'invalid' })
  })
  t.match(refusals, { noSession: { type: 'UNAUTHORISED', message: 'none' }, invalid: { type: 'TRY_REFRESH_TOKEN', message: 'invalid' } })
  t.throws(() => { refusals!.invalid.type = 'UNAUTHORISED' }, TypeError)
})

t.test('an SDK that refuses in another way decides each time', async (t) => {
  t.equal(await read(async () => undefined), undefined, 'it admits')
  t.equal(await read(async () => { throw new Error('broken') }), undefined, 'it fails')
  t.equal(await read(async () => { throw new Session.Error({ type: 'UNAUTHORISED', message: 'all alike' }) }), undefined)
})
