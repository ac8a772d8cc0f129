/** The addresses of a Core: one or several, separated by `;`. Without slashes at the end. */
export function addressesIn (connectionURI: string): string[] {
  return connectionURI.split(';').map((uri) => uri.trim().replace(/\/+$/, '')).filter((uri) => uri !== '')
}
