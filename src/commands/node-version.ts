// Imports nothing, so that every Node can load it. `engines` in package.json has the same version.
const MINIMUM = '20.19'

/** One sentence for the user if this Node is too old, for example `18.20.8`. */
export function nodeProblem (version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [minimumMajor = 0, minimumMinor = 0] = MINIMUM.split('.').map(Number)
  if (major > minimumMajor || (major === minimumMajor && minor >= minimumMinor)) return undefined
  return `fastify-2fa needs Node ${MINIMUM} or newer; this is Node ${version}. Install a newer Node from https://nodejs.org or with your version manager.`
}
