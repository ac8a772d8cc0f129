import type { DemandOptions } from '../session/demand-options.js'
import type { RequestHeaders, VerifierRequest } from './headers.js'
import type { Decision, Verifier } from './verifier.js'

/** AWS Lambda authorizers of API Gateway. Events as far as they are needed. */

/** REST API, `TOKEN`: the `Authorization` header alone, so no cookies. */
export interface TokenEvent { type: 'TOKEN', authorizationToken: string, methodArn: string }
/** REST API and WebSocket API, `REQUEST`. */
export interface RequestEvent {
  type: 'REQUEST'
  methodArn: string
  httpMethod?: string
  headers?: RequestHeaders | null
  multiValueHeaders?: RequestHeaders | null
  requestContext?: { eventType?: string }
}
/** HTTP API, payload format 2.0. */
export interface HttpApiEvent {
  version: '2.0'
  headers?: RequestHeaders
  cookies?: readonly string[]
  requestContext: { http: { method: string } }
}

/** An IAM policy for one method of one path, and what the integration learns. */
export interface Policy {
  principalId: string
  policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow' | 'Deny', Resource: string }] }
  context: Record<string, string | number>
}

/** What the integration, or a gateway response, learns. API Gateway passes on texts and numbers only. */
function contextOf (decision: Decision): Record<string, string | number> {
  if (!decision.admitted) return { status: decision.status, body: JSON.stringify(decision.body) }
  const { userId, tenantId, handle } = decision.session
  return { userId, tenantId, sessionHandle: handle }
}

function requestOf (event: TokenEvent | RequestEvent): VerifierRequest {
  if (event.type === 'TOKEN') return { headers: { authorization: event.authorizationToken } }
  const headers = event.multiValueHeaders ?? event.headers ?? {}
  // The handshake of a WebSocket API has no method.
  const isWebSocket = event.requestContext?.eventType === 'CONNECT'
  return { method: isWebSocket ? 'GET' : event.httpMethod, headers, isWebSocket }
}

/**
 * Handler of a Lambda authorizer for REST and WebSocket APIs. A policy names exactly the method and path that was asked for:
 * a wildcard would open, from API Gateway's cache, routes that ask for more.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt
 */
export function restAuthorizer (verifier: Verifier, demand?: DemandOptions) {
  const verify = verifier.requiring(demand)
  return async (event: TokenEvent | RequestEvent): Promise<Policy> => {
    const decision = await verify(requestOf(event))
    // API Gateway answers 401 to an error of exactly this text, and 500 to any other.
    if (!decision.admitted && decision.status === 401) throw new Error('Unauthorized')
    return {
      principalId: decision.admitted ? decision.session.userId : 'refused',
      policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: decision.admitted ? 'Allow' : 'Deny', Resource: event.methodArn }] },
      context: contextOf(decision)
    }
  }
}

/**
 * Handler of a Lambda authorizer for HTTP APIs, payload format 2.0 with simple responses. API Gateway answers 403 to whoever
 * is refused.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt
 */
export function httpApiAuthorizer (verifier: Verifier, demand?: DemandOptions) {
  const verify = verifier.requiring(demand)
  return async ({ headers = {}, cookies, requestContext }: HttpApiEvent): Promise<{ isAuthorized: boolean, context: Record<string, string | number> }> => {
    const all = cookies === undefined ? headers : { ...headers, cookie: cookies.join('; ') }
    const decision = await verify({ method: requestContext.http.method, headers: all })
    return { isAuthorized: decision.admitted, context: contextOf(decision) }
  }
}
