import type { TypeInput } from 'supertokens-node/types'
import type { FastifyRequest } from 'fastify'
import { requestOf } from './sdk.js'

const urgent = new WeakSet<FastifyRequest>()

/** Lets the password of this request go before those of strangers, if the Core is an embedded one and busy. */
export function markUrgent (request: FastifyRequest | undefined): void {
  if (request !== undefined) urgent.add(request)
}

type Interceptor = NonNullable<NonNullable<TypeInput['supertokens']>['networkInterceptor']>

/** Tells the Core which sign-ins are urgent, by the header of RFC 9218. Other Cores do not know it. */
export const sayUrgency: Interceptor = (call, userContext) => {
  if (!call.url.endsWith('/recipe/signin')) return call
  const request = requestOf(userContext)
  return request !== undefined && urgent.has(request) ? { ...call, headers: { ...call.headers, priority: 'u=1' } } : call
}
