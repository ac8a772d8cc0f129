import { API_KEY } from './processes.js'

type Metadata = Record<string, unknown>

/** What the Core itself knows, past the service. */
async function ask<Result> (core: string, method: string, path: string, body?: object): Promise<Result> {
  const response = await fetch(core + path, {
    method, headers: { 'api-key': API_KEY, 'cdi-version': '5.4' }, ...(body && { body: JSON.stringify(body) })
  })
  if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}`)
  return await response.json() as Result
}

export async function metadataOf (core: string, userId: string): Promise<Metadata> {
  return (await ask<{ metadata: Metadata }>(core, 'GET', `/recipe/user/metadata?userId=${userId}`)).metadata
}

const ENROLMENT_PREFIX = 'fastify-2fa:enrolment:'
const PATIENCE_MS = 60_000

/**
 * Lets a minute pass for whoever died while enrolling: what they announced is as old as the patience that others have with them.
 *
 * @returns how many there were
 */
export async function age (core: string, userId: string): Promise<number> {
  const announced = Object.entries(await metadataOf(core, userId)).filter(([key]) => key.startsWith(ENROLMENT_PREFIX))
  const metadataUpdate = Object.fromEntries(announced.map(([key, since]) => [key, Number(since) - PATIENCE_MS]))
  if (announced.length > 0) await ask(core, 'PUT', '/recipe/user/metadata', { userId, metadataUpdate })
  return announced.length
}

/** How many codes to a number could be spent. */
export async function openCodes (core: string, phoneNumber: string): Promise<number> {
  const { devices } = await ask<{ devices: { codes: unknown[] }[] }>(core, 'GET', `/recipe/signinup/codes?phoneNumber=${encodeURIComponent(phoneNumber)}`)
  return devices.flatMap(({ codes }) => codes).length
}
