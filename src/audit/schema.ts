import { COMMON_FIELDS, EVENT_TYPES, type EventType, FIELDS, type FieldName } from './event-types.js'

const UUID_V7 = '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
const ID = { type: 'string', pattern: UUID_V7, description: 'UUID of version 7: unique, and sorts by time' }
const TIME = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$', description: 'ISO 8601, UTC' }

const plain = (text: string): string => text.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')

/** The fields of a type, beside `id`, `type` and `time`. */
export const fieldsOf = ({ fields }: EventType): FieldName[] => {
  const own = new Set<FieldName>([...fields, ...COMMON_FIELDS])
  return (Object.keys(FIELDS) as FieldName[]).filter((name) => own.has(name))
}

/** JSON schema of one type. */
export function schemaOfType (name: string, type: EventType) {
  const fields = Object.fromEntries(fieldsOf(type).map((field) => [field, { ...FIELDS[field], description: plain(FIELDS[field].description) }]))
  return {
    title: name,
    description: plain(type.when),
    type: 'object',
    properties: { id: ID, type: { const: name }, time: TIME, ...fields },
    required: ['id', 'type', 'time'],
    additionalProperties: false
  }
}

/** JSON schema of all events: `docs/audit-event.schema.json`. */
export function eventSchema () {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Audit event of fastify-2fa',
    oneOf: Object.entries(EVENT_TYPES).map(([name, type]) => schemaOfType(name, type))
  }
}

/** Table of the types for `docs/audit.md`. */
export function eventTable (): string {
  const rows = Object.entries(EVENT_TYPES).map(([name, type]: [string, EventType]) =>
    `| \`${name}\` | ${type.when} | ${fieldsOf(type).filter((field) => !(COMMON_FIELDS as readonly string[]).includes(field)).map((field) => `\`${field}\``).join(', ')} | ${type.rank} |`)
  return ['| type | when | fields | rank |', '|---|---|---|---|', ...rows, ''].join('\n')
}
