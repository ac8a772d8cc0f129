import type { Test } from 'tap'
import { pathTo } from '../root.js'
import { startIn } from './process.js'

/** Starts an example on a free port, as its README says. Resolves with its address. */
export async function startExample (t: Test, name: string, serviceUrl: string): Promise<string> {
  const { address } = await startIn(t, name, [pathTo('scripts/example.js'), name], { SERVICE_URL: serviceUrl })
  return address
}
