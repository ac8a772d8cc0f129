import type { FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { BodyInvalid, InputTooLong } from '../../src/errors.js'
import { CORE_WIDTHS, fits } from '../../src/lengths.js'
import { memberOf } from '../../src/members.js'

/** The longest value of a form's field. What the Core does not store is the host's, and may be a text. */
const FIELD_WIDTHS = new Map<string, number>([['email', CORE_WIDTHS.account], ['password', 256]])
const OTHER_FIELD = 4096

const QUERY_WIDTHS = new Map<string, number>([['email', CORE_WIDTHS.account], ['phoneNumber', CORE_WIDTHS.account], ['thirdPartyId', 256], ['clientType', 256]])
const OTHER_PARAMETER = 2048

function sizeOf (value: unknown): number {
  try {
    return JSON.stringify(value)?.length ?? 0
  } catch {
    // Nested too deeply to walk.
    return Infinity
  }
}

function isTooLong (id: string, value: unknown): boolean {
  const width = FIELD_WIDTHS.get(id) ?? OTHER_FIELD
  // The SDK refuses an e-mail address or a password that is no text, and trims the former.
  return typeof value === 'string' ? !fits(value.trim(), width) : sizeOf(value) > OTHER_FIELD
}

/**
 * preHandler that answers `FIELD_ERROR` to fields that are too long, which stock forms show beside the field. Without it
 * the Core would have to look up, hash or store them.
 */
export async function checkFormFields ({ body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const fields: unknown = memberOf(body, 'formFields')
  if (!Array.isArray(fields)) return undefined
  // Endpoints without a form accept unknown members of any type.
  const long = fields.map((field: unknown) => ({ id: memberOf(field, 'id'), value: memberOf(field, 'value') }))
    .filter((field): field is { id: string, value: unknown } => typeof field.id === 'string' && isTooLong(field.id, field.value))
  if (long.length === 0) return undefined
  return await reply.send({
    status: 'FIELD_ERROR',
    formFields: long.map(({ id }) => ({ id, error: `This is too long. Please use at most ${FIELD_WIDTHS.get(id) ?? OTHER_FIELD} characters.` }))
  })
}

/** preValidation hook for the query, which the SDK hands on to the Core or to a provider. */
export async function checkQuery ({ query }: FastifyRequest): Promise<void> {
  for (const [name, value] of Object.entries(query as Record<string, string | string[]>)) {
    const width = QUERY_WIDTHS.get(name) ?? OTHER_PARAMETER
    if ([value].flat().some((text) => !fits(text, width))) throw new InputTooLong(QUERY_WIDTHS.has(name) ? name : 'a query parameter', width)
  }
}

/** Gives the refusals of schemas codes of ours. */
export function toInputError ([first]: FastifySchemaValidationError[], part: string): Error {
  const { keyword, instancePath = '', params, message } = first ?? {}
  const place = `${part}${instancePath}`
  return keyword === 'maxLength' ? new InputTooLong(place, Number(params?.limit)) : new BodyInvalid(`${place} ${message ?? 'is not valid'}`)
}
