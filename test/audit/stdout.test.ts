import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createStdoutSink } from '../../src/audit/sinks/stdout.js'
import { makeEvent } from './events.js'

t.test('stdout has one event on each line, and nothing around it', async (t) => {
  const path = join(t.testdir(), 'out')
  const fd = openSync(path, 'w')
  const sink = createStdoutSink(fd)
  const events = [makeEvent(), makeEvent('second-factor.reset', { actor: 'Bob', reason: 'two\nlines' })]
  for (const event of events) sink.write(event)
  t.same(readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line)), events)
  await sink.close(0)
  closeSync(fd)
})

t.test('a stdout that takes nothing is a failure, not a crash', async (t) => {
  const sink = createStdoutSink(openSync('/dev/full', 'w'))
  t.throws(() => sink.write(makeEvent()), { code: 'ENOSPC' })
  t.throws(() => sink.write(makeEvent()), { code: 'ENOSPC' })
})
