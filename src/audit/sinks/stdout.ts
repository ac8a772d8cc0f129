import { pino } from 'pino'
import type { Sink } from './sink.js'

/** JSON lines on stdout: the event alone, without what the log puts around it. */
export function createStdoutSink (fd = 1): Sink {
  const out = pino.destination({ dest: fd, sync: true })
  let failure: Error | undefined
  out.on('error', (err: Error) => { failure = err })
  return {
    name: 'stdout',
    isDurable: false,
    write (event) {
      failure = undefined
      out.write(`${JSON.stringify(event)}\n`)
      if (failure !== undefined) throw failure
    },
    async close () {}
  }
}
