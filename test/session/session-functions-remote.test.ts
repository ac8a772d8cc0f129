import { coreOverHttp } from '../embedded-core/over-http.js'
import { sessionFunctions } from './session-functions.js'

const connectionURI = await coreOverHttp({ run: async (_job, work) => await work() })
const off = false

sessionFunctions({
  options: { core: { connectionURI }, sms: { provider: 'log' }, mail: { provider: 'log' }, limits: { sends: off, signIn: off, signUps: off, mails: off } },
  async endElsewhere (sessionHandle) {
    await fetch(`${connectionURI}/recipe/session/remove`, {
      method: 'POST', headers: { 'cdi-version': '5.4', 'content-type': 'application/json' }, body: JSON.stringify({ sessionHandles: [sessionHandle] })
    })
  }
})
