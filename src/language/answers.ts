import type { FastifyReply, FastifyRequest } from 'fastify'
import { memberOf } from '../members.js'
import type { Languages, Speaker } from './languages.js'

/** What a frontend shows of an answer, in the languages that it turned out to be in. */
function translated (answer: Readonly<Record<string, unknown>>, { translate }: Speaker): { answer: object, languages: Set<string> } {
  const languages = new Set<string>()

  function inLanguage (text: unknown): unknown {
    const translation = typeof text === 'string' ? translate(text) : undefined
    if (translation === undefined) return text
    languages.add(translation.language)
    return translation.text
  }

  const { message, reason, formFields } = answer
  // A copy: some answers are constants.
  return {
    answer: {
      ...answer,
      ...(message !== undefined && { message: inLanguage(message) }),
      ...(reason !== undefined && { reason: inLanguage(reason) }),
      ...(Array.isArray(formFields) && {
        formFields: formFields.map((field: unknown) => {
          const error = memberOf(field, 'error')
          return error === undefined ? field : { ...field as object, error: inLanguage(error) }
        })
      })
    },
    languages
  }
}

/** Says that the answer depends on the client's language, beside what a CORS plugin has put into the header. */
function vary (reply: FastifyReply): void {
  const given = [reply.getHeader('vary') ?? []].flat().join(', ')
  reply.header('vary', given === '' ? 'accept-language' : `${given}, accept-language`)
}

/**
 * An answer in the client's language. All other code writes English, which is what logs and audit events quote. What is
 * none of our sentences, such as a text of the host's or a word that programs read, stays as it is.
 */
export function inClientsLanguage (languages: Languages, request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload
  if (!('message' in payload || 'reason' in payload || 'formFields' in payload)) return payload
  const { answer, languages: said } = translated(payload as Record<string, unknown>, languages.of(request))
  if (said.size === 0) return payload
  vary(reply)
  reply.header('content-language', [...said].join(', '))
  return answer
}
