import { randomUUID } from 'node:crypto'
import type { Factor } from '../../src/index.js'
import { readMetadata } from '../../src/second-factor/records.js'

export const WORD = 'sesame'
const ENROLLED = 'enrolled'

const text = { type: 'string', maxLength: 64 }

interface WordTypes {
  input: object
  answer: { challengeId: string, word: string }
  reply: { challengeId: string }
  proof: undefined
  rejection: { status: 'WRONG_WORD_ERROR' }
}

/**
 * A throwaway second factor: everyone's answer is the same word. It knows nothing of sessions, claims, counts or
 * attackers, so whatever holds for it is held by the shared code.
 */
export function createWordFactor ({ id = 'word', strength = 1 } = {}): Factor<WordTypes> {
  const record = `test:${id}`
  const factor: Factor<WordTypes> = {
    id,
    strength,
    record,
    challengeLifetime: 300,
    endpoints: [
      { method: 'POST', path: `/${id}/ask`, body: { type: 'object' }, handle: (login, call, body) => login.ask(factor, call, body) },
      {
        method: 'POST',
        path: `/${id}/answer`,
        body: { type: 'object', properties: { challengeId: text, word: text }, required: ['challengeId', 'word'] },
        async handle (login, call, body) {
          const { status, ...rest } = await login.answer(factor, call, body as WordTypes['answer'])
          return 'message' in rest ? { status, message: rest.message } : { status }
        }
      }
    ],

    async state ({ userId }, userContext) {
      const enrolment = (await readMetadata(userId, userContext))[record]
      if (enrolment === undefined) return { state: 'none' }
      return { state: enrolment === ENROLLED ? 'enrolled' : 'broken' }
    },
    async challenge () {
      const challengeId = randomUUID()
      return { challenge: { id: challengeId }, reply: { challengeId } }
    },
    challengeOf: ({ challengeId }) => challengeId,
    async check (_context, _challenge, { word }) {
      return word === WORD ? { outcome: 'right', proof: undefined } : { outcome: 'wrong', rejection: { status: 'WRONG_WORD_ERROR' } }
    },
    recordOf: () => ENROLLED
  }
  return factor
}
