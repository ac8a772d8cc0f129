import type { Test } from 'tap'

/** Runs the rest of a test with this `NODE_ENV`. */
export function setNodeEnv (t: Test, value: string | undefined): void {
  const { NODE_ENV: before } = process.env
  if (value === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = value
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
}
