import { object, text } from '../schemas.js'
import type { FactorEndpoint } from '../factor.js'
import type { CodeFactor, CodeTypes, Contact } from './types.js'

interface AddressEndpoints {
  /** Below `apiBasePath`. */
  path: string
  /** The field that names the new address. */
  field: Contact
  factorOf (): CodeFactor
  /** Whether the factor can be removed. Where the account signs in with the address, it cannot. */
  isRemovable: boolean
}

/** Endpoints of our own, by which owners change where codes go. */
export const addressEndpoints = ({ path, field, factorOf, isRemovable }: AddressEndpoints): FactorEndpoint[] => [
  {
    method: 'POST',
    path,
    body: object({ [field]: text(256) }, [field]),
    handle: (login, call, body) => login.askToMove<CodeTypes>(factorOf(), call, { address: body[field] as string })
  },
  {
    method: 'POST',
    path: `${path}/verify`,
    // People paste the whole message.
    body: object({ deviceId: text(256), preAuthSessionId: text(256), userInputCode: text(1024) }, ['deviceId', 'preAuthSessionId', 'userInputCode']),
    async handle (login, call, body) {
      const answered = await login.move<CodeTypes>(factorOf(), call, body as { deviceId: string, preAuthSessionId: string, userInputCode: string })
      return answered.status === 'OK' ? { status: 'OK' } : answered
    }
  },
  ...(isRemovable
    ? [{
      method: 'POST' as const,
      path: `${path}/remove`,
      body: object({}),
      handle: async (login, call) => ({ status: 'OK', wasEnrolled: await login.remove(factorOf(), call) })
    } satisfies FactorEndpoint]
    : [])
]
