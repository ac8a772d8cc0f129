import type { TypeInput } from 'supertokens-node/types'
import { REQUEST_ID_HEADER, safeRequestId } from '../tracing/request-id.js'
import { requestOf } from './sdk.js'
import { sayUrgency } from './urgency.js'

type Interceptor = NonNullable<NonNullable<TypeInput['supertokens']>['networkInterceptor']>

const sayRequestId: Interceptor = (call, userContext) => {
  const id = safeRequestId(requestOf(userContext)?.id)
  return id === undefined ? call : { ...call, headers: { ...call.headers, [REQUEST_ID_HEADER]: id } }
}

/** What each call to the Core says besides what the SDK has it say. One of this process writes no log of requests. */
export function coreHeaders (isEmbedded: boolean): Interceptor {
  return isEmbedded ? sayUrgency : (call, userContext) => sayRequestId(sayUrgency(call, userContext), userContext)
}
