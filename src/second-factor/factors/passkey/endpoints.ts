import { appOf } from '../../../supertokens/sdk.js'
import type { Factor, FactorEndpoint, SecondFactorLogin } from '../../factor.js'
import { readMetadata, updateMetadata } from '../../records.js'
import type { FactorCall } from '../../requests.js'
import { nameIn, nameKey, type Enrolled } from './passkeys.js'
import { created, id, name, used } from './schemas.js'
import { object } from '../../schemas.js'
import type { CreatedCredential, PasskeyAnswer, PasskeyTypes, UsedCredential } from './types.js'
import { lastUseIn, withoutUses } from './uses.js'

const NOT_FOUND = { status: 'UNKNOWN_PASSKEY_ERROR' }

/**
 * Endpoints of our own: the Frontend Driver Interface knows passkeys as a first factor only. Options and answers are JSON as
 * browsers read and write it (`parseCreationOptionsFromJSON`, `toJSON`).
 */
export function passkeyEndpoints (factor: () => Factor<PasskeyTypes>): readonly FactorEndpoint[] {
  const post = (path: string, body: Record<string, unknown>, handle: NonNullable<FactorEndpoint['handle']>): FactorEndpoint =>
    ({ method: 'POST', path: `/passkey/${path}`, body, handle })

  /** The session stays on the server, and so does what is kept of a passkey. */
  async function answer (login: SecondFactorLogin, call: FactorCall, given: PasskeyAnswer): Promise<object> {
    const answered = await login.answer(factor(), call, given)
    if (!('proof' in answered)) return answered
    return { status: answered.status, ...(answered.proof && { id: answered.proof.id }), ...answered.beside }
  }

  /** The passkeys that the session may see, by id, and what else is kept of them. */
  async function listed (login: SecondFactorLogin, call: FactorCall) {
    const enrolled = await login.list(factor() as Factor, call) as unknown as Enrolled
    const userId = appOf(call.userContext).twoFactor.secondFactor.requests.find(call.userContext)?.session.getUserId() ?? ''
    return { userId, enrolled: new Map(enrolled), metadata: await readMetadata(userId, call.userContext) }
  }

  return [
    post('register/options', object({ name }), (login, call, { name }) =>
      login.ask(factor(), call, { purpose: 'register', name: name as string | undefined }, { adds: true })),

    post('register', object({ name, credential: created }, ['credential']), (login, call, { name, credential }) =>
      answer(login, call, { purpose: 'register', name: name as string | undefined, credential: credential as CreatedCredential })),

    post('verify/options', object({}), (login, call) => login.ask(factor(), call, { purpose: 'verify' })),

    post('verify', object({ credential: used }, ['credential']), (login, call, { credential }) =>
      answer(login, call, { purpose: 'verify', credential: credential as UsedCredential })),

    {
      method: 'GET',
      path: '/passkey/list',
      async handle (login, call) {
        const { enrolled, metadata } = await listed(login, call)
        const passkeys = [...enrolled].toSorted(([, a], [, b]) => a.createdAt - b.createdAt)
          .map(([id, passkey]) => ({ id, name: nameIn(metadata, id, passkey), createdAt: passkey.createdAt, lastUsedAt: lastUseIn(metadata, id) }))
        return { status: 'OK', passkeys }
      }
    },

    post('remove', object({ id }, ['id']), async (login, call, { id }) => {
      if (!await login.remove(factor() as Factor, call, id as string)) return NOT_FOUND
      const { userId, metadata } = await listed(login, call)
      await updateMetadata(userId, { [nameKey(id as string)]: null, ...withoutUses(metadata, id as string) }, call.userContext)
      return { status: 'OK' }
    }),

    post('rename', object({ id, name }, ['id', 'name']), async (login, call, { id, name }) => {
      const { userId, enrolled } = await listed(login, call)
      if (!enrolled.has(id as string)) return NOT_FOUND
      await updateMetadata(userId, { [nameKey(id as string)]: name }, call.userContext)
      return { status: 'OK' }
    })
  ]
}
