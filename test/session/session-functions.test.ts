import { testCore } from '../helper.js'
import { sessionFunctions } from './session-functions.js'

const core = await testCore()

sessionFunctions({
  options: core.options,
  async endElsewhere (sessionHandle) {
    await core.fetch(`${core.connectionURI}/recipe/session/remove`, {
      method: 'POST',
      headers: { 'cdi-version': '5.4', 'content-type': 'application/json', ...(core.apiKey !== undefined && { 'api-key': core.apiKey }) },
      body: JSON.stringify({ sessionHandles: [sessionHandle] })
    })
  }
})
