import * as Session from 'supertokens-node/recipe/session'
import { secondFactorValidator } from '../second-factor/claims.js'
import type { FactorCall, SecondFactorRequest } from '../second-factor/requests.js'
import { appOf } from '../supertokens/sdk.js'

/**
 * The request of a session that is alive in the Core and has passed a second factor, or whose user needs none. A thief with
 * the password sees and changes nothing of the account.
 *
 * @throws the SDK's `UNAUTHORISED`, or its `INVALID_CLAIMS` as the guards of routes do
 */
export async function openAsOwner (call: FactorCall): Promise<SecondFactorRequest> {
  const { userContext } = call
  const { claim, requests, requirement } = appOf(userContext).twoFactor.secondFactor
  const request = await requests.open(call)
  if (!requirement.isNeeded(request.payload)) return request
  // As the Core keeps it: the token may be older than what an operator took away.
  const { id, validate } = secondFactorValidator(claim)
  const validated = await validate(request.payload, userContext)
  if (!validated.isValid) throw new Session.Error({ type: 'INVALID_CLAIMS', message: 'INVALID_CLAIMS', payload: [{ id, reason: validated.reason }] })
  return request
}
