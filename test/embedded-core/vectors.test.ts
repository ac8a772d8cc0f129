import t from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { loadScenarios, newVars, replay, type Stage } from './replay.js'

// It stands still between the steps, so that nothing depends on how fast this machine is.
let time = Date.now()
const now = () => time
const wait = (ms: number) => { time += ms }

// Hashing at full cost is the only thing here that would take time.
const config = { bcrypt_log_rounds: 4 }
const shared = await createEmbeddedCore({ config, now })
t.teardown(() => shared.close())

for (const scenario of loadScenarios()) {
  t.test(`answers like the recorded Core: ${scenario.name}`, async (t) => {
    const own = scenario.core !== undefined || scenario.freshApp === true
    const core = own ? await createEmbeddedCore({ config: { ...config, ...scenario.core }, now }) : shared
    if (own) t.teardown(() => core.close())
    const stage: Stage = { base: core.connectionURI, apiKey: core.apiKey, now, wait }
    const vars = newVars()
    for (const step of scenario.steps) t.strictSame(await replay(step, vars, stage), [], step.name)
  })
}
