import t from 'tap'
import { startStage } from '../harness/stage.js'

export const stage = await startStage(t, { firstFactor: 'phone-password', passwordReset: true })
