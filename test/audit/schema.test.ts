import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { EVENT_TYPES, FIELDS } from '../../src/audit/event-types.js'
import { eventSchema, eventTable, fieldsOf } from '../../src/audit/schema.js'
import { uuidV7 } from '../../src/audit/uuid-v7.js'
import { eventDifference } from '../as-described.js'
import { ROOT } from '../root.js'
import { makeEvent } from './events.js'

const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')

t.test('the schema in docs is that of the code, and docs/audit.md has its table and fields', async (t) => {
  t.same(JSON.parse(read('docs/audit-event.schema.json')), eventSchema(), 'put the output of `fastify-2fa audit schema` there')
  const page = read('docs/audit.md')
  t.ok(page.includes(eventTable()), 'put the output of `fastify-2fa audit types` there')
  for (const field of Object.keys(FIELDS)) t.ok(page.includes(`\`${field}\``), field)
})

t.test('events are as the schema says', async (t) => {
  const validate = new Ajv2020().compile(eventSchema())
  for (const [name, type] of Object.entries(EVENT_TYPES)) {
    const { id, time } = makeEvent()
    const all = Object.fromEntries(fieldsOf(type).map((field) => [field, FIELDS[field].type === 'integer' ? 1 : 'x']))
    t.ok(validate({ id, time, type: name }) && validate({ id, time, type: name, ...all }), name)
  }
  t.ok(validate(makeEvent()))
  for (const wrong of [{ type: 'unknown' }, { id: '1' }, { time: 'now' }, { password: 'x' }, { address: 1 }, { actor: 'nobody' }]) t.notOk(validate({ ...makeEvent(), ...wrong }), JSON.stringify(wrong))
  t.equal(eventDifference(makeEvent()), undefined)
  t.match(eventDifference({ ...makeEvent(), code: '123456' } as never), /additional properties/)
  t.match(eventDifference({ ...makeEvent(), type: 'unknown' as never }), /has a type that/)
})

t.test('ids are of version 7, unique, and sort by time, however many there are in a millisecond', async (t) => {
  const ids = Array.from({ length: 10_000 }, (_, i) => uuidV7(1_700_000_000_000 + Math.floor(i / 6000)))
  t.equal(new Set(ids).size, ids.length)
  t.same([...ids].sort(), ids)
  for (const id of ids.slice(0, 3)) t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const later = uuidV7(1_800_000_000_000)
  t.equal(parseInt(later.replaceAll('-', '').slice(0, 12), 16), 1_800_000_000_000)
})
