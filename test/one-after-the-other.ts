import { channel } from 'node:diagnostics_channel'
import t from 'tap'
import { AUDIT_CHANNEL } from '../src/audit/event.js'
import { resetSdk } from './reset-sdk.js'

/** How many there are; test/as-described.ts is always one. */
const subscribers = (name: string): number => (channel(name) as unknown as { _subscribers?: unknown[] })._subscribers?.length ?? 0

/** What the tests of a file may replace, and the next file must find as it was. */
function shared () {
  const { Date, fetch, setTimeout } = globalThis
  return { globals: [Date, fetch, setTimeout, AbortSignal.timeout], env: { ...process.env }, audited: subscribers(AUDIT_CHANNEL) }
}

/**
 * Runs test files in this process, one after the other, each as if it were alone: when its tests are over, what it tears
 * down is torn down, and supertokens-node, which is initialised once per process, can be initialised with other options.
 */
export async function runFiles (files: string[]): Promise<void> {
  const teardowns: Array<() => unknown> = []
  t.teardown = (handler) => { teardowns.unshift(handler) }
  for (const file of files) {
    const before = shared()
    await import(`./${file}.test.js`)
    // Waits for the tests of the file.
    await t.test(`${file} leaves nothing behind`, async (t) => {
      for (const teardown of teardowns.splice(0)) await teardown()
      resetSdk()
      const after = shared()
      t.ok(after.globals.every((value, index) => value === before.globals[index]), 'globals')
      t.strictSame({ ...after, globals: [] }, { ...before, globals: [] })
    })
  }
}
