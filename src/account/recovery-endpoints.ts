import type { AccountRecovery } from './recovery.js'
import type { FactorEndpoint } from '../second-factor/factor.js'
import { object, text } from '../second-factor/schemas.js'

/** People paste more than the code. */
const code = object({ code: text(256) }, ['code'])

/** Endpoints of our own: SuperTokens does not recover second factors. */
export function recoveryEndpoints (recovery: AccountRecovery): FactorEndpoint[] {
  return [
    { method: 'GET', path: '/account/recovery', handle: (_login, call) => recovery.view(call) },
    { method: 'POST', path: '/account/recovery/code', body: object({}), handle: (_login, call) => recovery.sendCode(call) },
    { method: 'POST', path: '/account/recovery', body: code, handle: (_login, call, body) => recovery.start(call, body.code as string) },
    { method: 'POST', path: '/account/recovery/finish', body: code, handle: (_login, call, body) => recovery.finish(call, body.code as string) },
    { method: 'POST', path: '/account/recovery/stop', body: object({}), handle: (_login, call) => recovery.stop(call) }
  ]
}
