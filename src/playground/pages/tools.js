import { startOver } from './auth.js'
import { byId, element, onClick } from './ui.js'

/** @typedef {import('../facts.js').Facts} Facts */

/** @type {Record<string, string>} */
const NAMES = { '5m': 'by five minutes', '1d': 'by a day' }

/** @param {string} url @param {object} body */
async function post (url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw response
  return await response.json()
}

/** @param {string} url @param {() => Promise<unknown>} afterwards */
export function startForgetting (url, afterwards) {
  onClick('forget', 'tools-message', async () => {
    const { status } = await post(url, {})
    await startOver()
    await afterwards()
    return status === 'OK'
      ? { text: 'Your account and your session are gone. You can start again.', kind: 'good' }
      : { text: 'Nobody is signed in here. Sign in to the account that should be forgotten.' }
  })
}

/** @param {string} url @param {Facts} facts @param {() => Promise<unknown>} afterwards */
export function startClock (url, { clockSteps }, afterwards) {
  const steps = Object.entries(clockSteps)
  byId('clock-hint').textContent = steps.length === 0
    ? 'The clock cannot be moved: the Core or Redis is outside this process and has its own.'
    : 'Codes expire, limits end and tokens are refreshed as if you had waited. The clock of your machine stays.'
  for (const [by, seconds] of steps) {
    const id = `clock-${by}`
    byId('clock').append(element('button', { type: 'button', class: 'quiet', id }, `Clock ahead ${NAMES[by] ?? `by the cool-down, ${seconds} s`}`))
    onClick(id, 'tools-message', async () => {
      const { now } = await post(url, { by })
      await afterwards()
      return { text: `For the service it is ${new Date(now).toLocaleString()} now.`, kind: 'good' }
    })
  }
}
