import type { importUsers as importNow } from './import-users.js'

/** `importUsers`, loaded when it is first called: apps that only sign users in never need it. */
export const importUsers: typeof importNow = async (...input) => {
  const loaded = await import('./import-users.js')
  return await loaded.importUsers(...input)
}
