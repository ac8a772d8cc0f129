import t from 'tap'
import { testCore } from '../../helper.js'
import { startStage } from '../harness/stage.js'

const { limits } = (await testCore()).options

export const stage = await startStage(t, { limits: { ...limits as object, failures: { triesPerWait: 3, waits: [30], lockAfter: 4 } } })
